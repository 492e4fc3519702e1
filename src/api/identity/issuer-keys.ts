// The public keys of one issuer, as it publishes them: found by discovery, fetched again when they are old or when a token
// names one that is not there, and kept while the issuer cannot be asked.
import { createLocalJWKSet, errors, type CryptoKey, type JWK, type JWSHeaderParameters } from "jose";
import { z } from "zod";
import { messageOf } from "../../errors.js";
import { isObject } from "../../json.js";
import type { Logger } from "../../observability/log.js";
import { Problem } from "../problem.js";
import { checkAddress, fetchJson } from "./fetch-json.js";

export interface IssuerKeysOptions {
  /** As configured. */
  readonly issuer: string;
  readonly name: string;
  readonly allowLoopback: boolean;
  readonly log: Pick<Logger, "warn" | "info">;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly timeoutMs?: number;
}

/** Keys that are younger are not fetched again without need. */
const freshMs = 10 * 60_000;
/** Keys that could not be fetched again for so long are not trusted any more. */
const longestMs = 24 * 60 * 60_000;
/** So often at most: unknown keys in tokens are anybody's to make up. */
const coolDownMs = 10_000;
const maximumBytes = 256 * 1024;
const maximumKeys = 100;

type FindKey = (header: JWSHeaderParameters) => Promise<CryptoKey>;

export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: { readonly find: FindKey; readonly at: number } | null = null;
  #lastTry: { readonly at: number; readonly failed: boolean } | null = null;
  #underWay: Promise<void> | null = null;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** Throws jose's JWKSNoMatchingKey when the issuer has no such key, and Problem 503 when it cannot be asked. */
  async keyOf(header: JWSHeaderParameters): Promise<CryptoKey> {
    const now = this.#options.now();
    const age = this.#keys === null ? Infinity : now - this.#keys.at;
    if (age > longestMs) await this.#refresh();
    else if (age > freshMs) void this.#refresh();
    const found = await this.#find(header);
    if (found !== null) return found;
    await this.#refresh();
    const after = await this.#find(header);
    if (after !== null) return after;
    if (this.#lastTry?.failed === true) throw this.#unavailable();
    throw new errors.JWKSNoMatchingKey();
  }

  async #find(header: JWSHeaderParameters): Promise<CryptoKey | null> {
    const keys = this.#keys;
    if (keys === null || this.#options.now() - keys.at > longestMs) return null;
    try {
      return await keys.find(header);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return null;
      throw error;
    }
  }

  /** Never throws; does nothing within the cool-down. Who comes meanwhile waits for the one that is under way. */
  #refresh(): Promise<void> {
    if (this.#underWay !== null) return this.#underWay;
    if (this.#lastTry !== null && this.#options.now() - this.#lastTry.at < coolDownMs) return Promise.resolve();
    this.#underWay = this.#fetch().finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  async #fetch(): Promise<void> {
    const { name, log, now } = this.#options;
    try {
      const find = keySet(await this.#document());
      this.#keys = { find, at: now() };
      this.#lastTry = { at: now(), failed: false };
    } catch (error) {
      this.#lastTry = { at: now(), failed: true };
      log.warn({ issuer: name, reason: messageOf(causeOf(error)) }, "the keys of an issuer could not be fetched");
    }
  }

  async #document(): Promise<unknown> {
    const { issuer, allowLoopback, timeoutMs = 5_000 } = this.#options;
    const limits = { allowLoopback, timeoutMs, maximumBytes };
    const metadata = discovery.parse(await fetchJson(discoveryAddress(issuer), limits));
    if (metadata.issuer !== issuer)
      throw new Error(
        `the document of the issuer says that it is ${metadata.issuer}, expected ${issuer} to the letter`,
      );
    checkAddress(metadata.jwks_uri, allowLoopback);
    return fetchJson(metadata.jwks_uri, limits);
  }

  #unavailable(): Problem {
    return new Problem(
      503,
      "unavailable",
      `the issuer ${this.#options.name} cannot be asked for its keys; try again later`,
    );
  }
}

const discovery = z.object({ issuer: z.string().max(2_048), jwks_uri: z.string().max(2_048) });

/** OpenID Connect Discovery 1.0, section 4: a slash at the end goes. */
export function discoveryAddress(issuer: string): string {
  return `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
}

function keySet(document: unknown): FindKey {
  const listed = isObject(document) ? document["keys"] : undefined;
  if (!Array.isArray(listed)) throw new Error("the issuer's keys are not a JSON Web Key Set");
  if (listed.length > maximumKeys) throw new Error(`the issuer has more than ${maximumKeys} keys`);
  const keys = listed.flatMap(publicKey);
  if (keys.length === 0) throw new Error("the issuer publishes no key for signatures");
  return createLocalJWKSet({ keys });
}

const members = ["kid", "alg", "use", "crv", "n", "e", "x", "y"] as const;

/** What is not a public key for signatures is left out, as are members that say where else to look. */
function publicKey(listed: unknown): JWK[] {
  if (!isObject(listed) || "d" in listed || "k" in listed) return [];
  const { kty, key_ops: operations } = listed;
  if (kty !== "RSA" && kty !== "EC" && kty !== "OKP") return [];
  const key: JWK = { kty };
  for (const member of members) {
    const value = Object.hasOwn(listed, member) ? listed[member] : undefined;
    if (value === undefined) continue;
    if (typeof value !== "string") return [];
    key[member] = value;
  }
  if (Array.isArray(operations)) key.key_ops = operations.filter((one) => typeof one === "string");
  return key.use === undefined || key.use === "sig" ? [key] : [];
}

/** `fetch failed` has the reason within. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
