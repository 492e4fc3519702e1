/** Installs what is missing and returns the path of `moto_server`. */
export function setupMoto(): string;
/** Installs what is missing and returns the folder of a virtual environment with Pulumi's policy SDK. */
export function setupPulumiPolicy(): string;
/** The path of `trestle`, which validates OSCAL documents. */
export function setupTrestle(): string;
/** Installs what is missing and returns the path of `schemathesis`. */
export function setupSchemathesis(): string;
