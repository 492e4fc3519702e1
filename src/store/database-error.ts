// Drivers throw many things: here they become PortcullisError, in one place for both adapters.
import { messageOf, PortcullisError } from "../errors.js";

/** SQLSTATE classes and codes that say that the server, not the statement, is at fault. */
const serverTrouble = /^(08|28|3D|53|58|57P0|57014|25006|XX00[12])/;

/**
 * `where` names the database without its password. An error without SQLSTATE comes from the network or the disk.
 */
export function databaseError(thrown: unknown, doing: string, where: string): PortcullisError {
  if (thrown instanceof PortcullisError) return thrown;
  const state = sqlState(thrown);
  const text = describe(thrown);
  if (state === null || serverTrouble.test(state)) {
    return new PortcullisError("store-unavailable", `${doing} ${where} failed: ${text}. ${advice(state)}`, {
      cause: thrown,
    });
  }
  return new PortcullisError("internal", `${doing} ${where}: the database refused a statement (${state}): ${text}`, {
    cause: thrown,
  });
}

export function sqlState(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return null;
  const { code } = thrown;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

function advice(state: string | null): string {
  if (state?.startsWith("28") === true) return "Check the user, the password and the server's pg_hba.conf";
  if (state?.startsWith("3D") === true) return "Create the database first";
  return "Nothing of an unfinished scan was kept; check that the database is up, and try again";
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function describe(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(messageOf).join("; ");
  return messageOf(thrown);
}
