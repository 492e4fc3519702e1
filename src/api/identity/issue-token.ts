// Makes a service token. The token itself is in the answer and nowhere else.
import type { Caller } from "../../audit/trail.js";
import type { Clock } from "../../clock.js";
import type { StoredToken, Tokens } from "../../store/tokens.js";
import type { Role } from "../access.js";
import { newServiceToken } from "./service-token.js";

export interface TokenOrder {
  readonly name: string | null;
  readonly roles: readonly Role[];
  readonly lifetimeMs: number;
}

export interface IssuedToken {
  readonly token: string;
  readonly stored: StoredToken;
}

export async function issueToken(
  { name, roles, lifetimeMs }: TokenOrder,
  { tokens, clock, caller }: { readonly tokens: Tokens; readonly clock: Clock; readonly caller: Caller },
): Promise<IssuedToken> {
  const { id, hash, token } = newServiceToken();
  const expires = new Date(clock.now().getTime() + lifetimeMs);
  return { token, stored: await tokens.create({ id, hash, name, roles, expires }, caller) };
}

/** How the audit trail and waivers name who holds a token. The database reads the id out of it: see migration 0009. */
export function actorName({ id, name }: Pick<StoredToken, "id" | "name">): string {
  return name === null ? `token:${id}` : `token:${id} (${name})`;
}
