/** The folder of moto's Python environment, in the cache. */
export function motoFolder(): string;
/** Installs what is missing and returns the path of `moto_server`. */
export function setupMoto(): string;
