/** The folder of initdb and postgres, the newest version first; null when there is none. */
export function postgresBin(): string | null;
/** Installs what is missing and returns the folder of the programs. */
export function setupPostgres(): string;
