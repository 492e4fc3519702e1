/** Installs what is missing and returns Pulsar's folder. */
export function setupPulsar(): string;
