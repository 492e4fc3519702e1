// Bearer tokens of OpenID Connect issuers (RFC 7519, RFC 9068): signed by a key that the issuer publishes, meant for us, in their
// time. Whatever the token says of where its key is, is ignored.
import { base64url, decodeJwt, decodeProtectedHeader, errors, jwtVerify, type ProtectedHeaderParameters } from "jose";
import type { Clock } from "../../clock.js";
import type { JsonObject } from "../../json.js";
import type { Logger } from "../../observability/log.js";
import { printable } from "../../printable.js";
import { UnauthenticatedError } from "../identity.js";
import type { Known } from "./authenticator.js";
import { hasDuplicateKeys } from "./duplicate-keys.js";
import type { IdentitySettings, IssuerSettings } from "./identity-settings.js";
import { IssuerKeys } from "./issuer-keys.js";
import { rolesOf } from "./role-claims.js";

export interface OidcOptions {
  readonly settings: Pick<IdentitySettings, "oidc" | "allowLoopbackIssuers">;
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds that only go forward. */
  readonly monotonic: () => number;
  readonly log: Pick<Logger, "warn" | "info">;
  /** Of one request to an issuer. */
  readonly timeoutMs?: number;
}

interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: IssuerKeys;
}

const defaultAlgorithms = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
const types = [undefined, "jwt", "at+jwt", "application/jwt", "application/at+jwt"];
const longestName = 255;

export class OidcAuthenticator {
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #clock: Pick<Clock, "now">;

  constructor({ settings, clock, monotonic, log, timeoutMs }: OidcOptions) {
    const allowLoopback = settings.allowLoopbackIssuers ?? false;
    const time = timeoutMs === undefined ? {} : { timeoutMs };
    const entries = (settings.oidc ?? []).map((one): [string, Issuer] => {
      const { issuer, name } = one;
      return [
        issuer,
        { settings: one, keys: new IssuerKeys({ issuer, name, allowLoopback, log, now: monotonic, ...time }) },
      ];
    });
    this.#issuers = new Map(entries);
    this.#clock = clock;
  }

  /** Throws UnauthenticatedError, or Problem 503 where the issuer had to be asked and could not be. */
  async authenticate(token: string): Promise<Known> {
    try {
      return await this.#verify(token);
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) throw refused();
      throw error;
    }
  }

  async #verify(token: string): Promise<Known> {
    checkHeader(decodeProtectedHeader(token), token);
    const issuer = this.#issuers.get(String(decodeJwt(token).iss));
    if (issuer === undefined) throw refused();
    const { settings, keys } = issuer;
    const skew = settings.clockSkewSeconds ?? 60;
    const now = this.#clock.now();
    const { payload } = await jwtVerify(token, (header) => keys.keyOf(header), {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: settings.algorithms ?? defaultAlgorithms,
      clockTolerance: skew,
      currentDate: now,
      requiredClaims: ["exp", "iat"],
    });
    const { exp = 0, iat = Infinity } = payload;
    if (iat > now.getTime() / 1_000 + skew) throw refused();
    // Bound to a key of its holder (RFC 7800), which nobody proved to have: it may be stolen.
    if (payload["cnf"] !== undefined || hasDuplicates(token, 1)) throw refused();
    const claims = payload as unknown as JsonObject;
    const actor = { name: nameOf(claims, settings), source: "token" } as const;
    return { identity: { actor, roles: rolesOf(claims, settings) }, until: (exp + skew) * 1_000 };
  }
}

/** `crit`, `alg` and `b64` are jose's to refuse. */
function checkHeader({ typ, kid }: ProtectedHeaderParameters, token: string): void {
  const isType = typ === undefined || (typeof typ === "string" && types.includes(typ.toLowerCase()));
  const isKey = kid === undefined || (typeof kid === "string" && kid.length <= 1_024);
  if (!isType || !isKey || hasDuplicates(token, 0)) throw refused();
}

function hasDuplicates(token: string, part: 0 | 1): boolean {
  const bytes = base64url.decode(token.split(".", 2)[part] ?? "");
  return hasDuplicateKeys(Buffer.from(bytes).toString("utf8"));
}

/** A name that cannot be told from another one as people see it is no name. */
function nameOf(claims: JsonObject, { name, nameClaim = "sub" }: IssuerSettings): string {
  const subject = Object.hasOwn(claims, nameClaim) ? claims[nameClaim] : undefined;
  if (typeof subject !== "string" || subject.trim() === "" || subject.length > longestName) throw refused();
  if (subject !== subject.trim() || !subject.isWellFormed() || printable(subject) !== subject) throw refused();
  return `${name}:${subject}`;
}

function refused(): UnauthenticatedError {
  return new UnauthenticatedError("the token is not valid here");
}
