// Who is behind an `Authorization` header: a service token, or one of an OpenID Connect issuer.
import { createHash } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/log.js";
import type { Tokens } from "../../store/tokens.js";
import { UnauthenticatedError, type Authenticator, type Credentials, type Identity } from "../identity.js";
import type { IdentitySettings } from "./identity-settings.js";
import { OidcAuthenticator } from "./oidc-authenticator.js";
import { ServiceAuthenticator } from "./service-authenticator.js";
import { servicePrefix } from "./service-token.js";

/** Somebody, and until when: milliseconds since 1970, by the clock. */
export interface Known {
  readonly identity: Identity;
  readonly until: number;
}

export interface AuthenticatorOptions {
  readonly tokens: Pick<Tokens, "find" | "used">;
  readonly settings: IdentitySettings;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Logger, "warn" | "info">;
  /** Milliseconds that only go forward. */
  readonly monotonic?: () => number;
  /** Of one request to an issuer. */
  readonly timeoutMs?: number;
}

/**
 * Who was let in is not asked for again within a second: a revoked token counts for at most so long on every replica. A
 * client that asks thousands of times a second would otherwise ask the database as often. Refusals are never remembered.
 */
const rememberedMs = 1_000;
const rememberedTokens = 10_000;
const longestToken = 16 * 1024;

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  return new TokenAuthenticator(options);
}

class TokenAuthenticator implements Authenticator {
  readonly #service: ServiceAuthenticator;
  readonly #oidc: OidcAuthenticator;
  readonly #clock: Pick<Clock, "now">;
  readonly #monotonic: () => number;
  readonly #recent = new Map<string, { readonly known: Promise<Known>; readonly at: number }>();

  constructor(options: AuthenticatorOptions) {
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#clock = options.clock;
    this.#service = new ServiceAuthenticator(options);
    this.#oidc = new OidcAuthenticator({ ...options, monotonic: this.#monotonic });
  }

  async authenticate({ authorization }: Credentials): Promise<Identity> {
    const token = bearerToken(authorization);
    const { identity, until } = await this.#known(token);
    if (until > this.#clock.now().getTime()) return identity;
    throw new UnauthenticatedError("the token is not valid here");
  }

  #known(token: string): Promise<Known> {
    const key = createHash("sha256").update(token).digest("base64");
    const before = this.#recent.get(key);
    const at = this.#monotonic();
    if (before !== undefined && at - before.at < rememberedMs) return before.known;
    const known = this.#ask(token);
    this.#remember(key, { known, at });
    return known;
  }

  #ask(token: string): Promise<Known> {
    return token.startsWith(servicePrefix) ? this.#service.authenticate(token) : this.#oidc.authenticate(token);
  }

  /** By when it was asked: an answer that took long is not newer for that. */
  #remember(key: string, entry: { readonly known: Promise<Known>; readonly at: number }): void {
    this.#recent.delete(key);
    this.#recent.set(key, entry);
    entry.known.catch(() => {
      if (this.#recent.get(key) === entry) this.#recent.delete(key);
    });
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > rememberedTokens && oldest !== undefined) this.#recent.delete(oldest);
  }
}

/** RFC 6750. The scheme's case does not count. */
function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined) throw new UnauthenticatedError("expected a token: Authorization: Bearer TOKEN");
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization.slice(0, longestToken + 100))?.[1];
  if (token !== undefined && token.length <= longestToken) return token;
  throw new UnauthenticatedError("expected a token: Authorization: Bearer TOKEN");
}
