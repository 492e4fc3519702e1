// Who a process acts for: as the operating system or the database authenticated it, never as its environment says.
import { hostname, userInfo } from "node:os";
import type { Database } from "../store/database.js";
import type { Caller } from "./trail.js";

/** The embedded store is a folder of one user of this machine; a server knows its roles itself. */
export async function systemCaller(database: Database): Promise<Caller> {
  const origin = hostname();
  if (database.exclusive) return { actor: { name: osUser(), source: "os-user" }, origin };
  const [row] = await database.query("select session_user::text as name");
  return { actor: { name: String(row?.["name"]), source: "database-role" }, origin };
}

/** A container's user may have a number only. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
