// The name of a service token: it stands in the audit trail, in logs and in lists.
import { PortcullisError } from "../../errors.js";
import { printable } from "../../printable.js";

export const longestTokenName = 100;

/** `where` is the flag or the property, for the message. */
export function tokenName(where: string, text: string): string {
  const name = text.trim();
  if (name !== "" && name.length <= longestTokenName && name.isWellFormed() && printable(name) === name) return name;
  throw new PortcullisError(
    "usage",
    `${where}: expected 1 to ${longestTokenName} characters, without control characters`,
  );
}
