/** The browser's program; null when there is none. */
export function browserProgram(): string | null;

/** Installs what is missing and returns the browser's program. */
export function setupBrowser(): string;
