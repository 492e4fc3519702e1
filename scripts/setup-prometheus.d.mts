/** Installs what is missing and returns the folder of `prometheus` and `promtool`. */
export function setupPrometheus(): string;
