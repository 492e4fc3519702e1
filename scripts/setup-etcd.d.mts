/** The program, after the set-up. */
export const etcdPath: string;
export function setupEtcd(): void;
