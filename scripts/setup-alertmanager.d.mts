/** Installs what is missing and returns the program. */
export function setupAlertmanager(): string;
