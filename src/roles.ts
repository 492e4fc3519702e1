// The roles that there are; what each may do over the API is said in src/api/access.ts.

/** `viewer` reads; `auditor` reads the trail and exports evidence; `operator` starts and replays; `approver` decides; `admin` does all. */
export const roles = ["viewer", "auditor", "operator", "approver", "admin"] as const;
export type Role = (typeof roles)[number];
