// Who calls the API. How that is found out is in `identity/`.
import type { Actor } from "../identity.js";
import type { Role } from "./access.js";

export interface Identity {
  /** For the audit trail; its source is `token`. */
  readonly actor: Actor;
  readonly roles: readonly Role[];
}

/** What a request brings along to say who it is from. */
export interface Credentials {
  /** The `Authorization` header, as it came. */
  readonly authorization: string | undefined;
}

/** Throws UnauthenticatedError when nobody, or nobody any more, is behind the credentials. It never says why in detail. */
export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Identity>;
}

export class UnauthenticatedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnauthenticatedError";
  }
}
