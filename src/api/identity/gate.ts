// What every request passes before its route is asked: how often its address and its identity may come, and who it is.
import type { FastifyReply, FastifyRequest } from "fastify";
import { UnauthenticatedError, type Authenticator, type Identity } from "../identity.js";
import { Problem } from "../problem.js";
import { addressKey } from "./address-key.js";
import { Buckets, type Taken } from "./buckets.js";
import type { IdentitySettings } from "./identity-settings.js";

export const defaultLimits = {
  identity: { perSecond: 500, burst: 1_000 },
  decisions: { perSecond: 50_000, burst: 100_000 },
  address: { perSecond: 1_000, burst: 2_000 },
  failures: { perSecond: 0.2, burst: 20 },
} as const satisfies Required<NonNullable<IdentitySettings["limits"]>>;

const maximumAddresses = 50_000;
const maximumIdentities = 10_000;
/** What is left of a body that is smaller is read and thrown away, so that the connection can go on. */
const smallBody = 64 * 1024;

export interface GateOptions {
  readonly authenticator: Authenticator;
  readonly limits: IdentitySettings["limits"];
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
}

type Asked = Pick<FastifyRequest, "ip" | "headers">;

export class Gate {
  readonly #authenticator: Authenticator;
  readonly #addresses: Buckets;
  readonly #failures: Buckets;
  readonly #identities: Buckets;
  readonly #decisions: Buckets;

  constructor({ authenticator, limits, now = () => performance.now() }: GateOptions) {
    this.#authenticator = authenticator;
    const buckets = (kind: keyof typeof defaultLimits, maximum: number): Buckets =>
      new Buckets({ rate: limits?.[kind] ?? defaultLimits[kind], maximum, now });
    this.#addresses = buckets("address", maximumAddresses);
    this.#failures = buckets("failures", maximumAddresses);
    this.#identities = buckets("identity", maximumIdentities);
    this.#decisions = buckets("decisions", maximumIdentities);
  }

  /**
   * First of all, of every request but those for decisions that bring a token: clusters and services ask for thousands from one
   * address, and `identify` counts the tokens that are refused. Throws Problem 429.
   */
  admit(request: Asked, reply: FastifyReply): void {
    const taken = this.#addresses.take(addressKey(request.ip));
    if (!taken.allowed) throw this.#tooMany({ request, reply, taken }, "this address asks too often");
  }

  /** Throws what the authenticator throws, and Problem 429. A refusal says in its headers what is expected. */
  async identify(request: Asked, reply: FastifyReply, isDecision = false): Promise<Identity> {
    const address = addressKey(request.ip);
    const failures = this.#failures.look(address);
    if (!failures.allowed)
      throw this.#tooMany({ request, reply, taken: failures }, "too many tokens of this address were refused");
    const identity = await this.#authenticate(request, reply);
    const buckets = isDecision ? this.#decisions : this.#identities;
    const taken = buckets.take(identity.actor.name);
    if (!isDecision || !taken.allowed) tellLimits(reply, buckets, taken);
    if (!taken.allowed) throw this.#tooMany({ request, reply, taken }, "this identity asks too often");
    return identity;
  }

  async #authenticate(request: Asked, reply: FastifyReply): Promise<Identity> {
    const { authorization } = request.headers;
    try {
      return await this.#authenticator.authenticate({ authorization });
    } catch (error) {
      leaveBody(request, reply);
      if (error instanceof Problem && error.status === 503) void reply.header("retry-after", "10");
      if (error instanceof UnauthenticatedError) {
        // Without a token nobody guesses.
        if (authorization !== undefined) this.#failures.take(addressKey(request.ip));
        void reply.header("www-authenticate", challenge(authorization === undefined ? null : "invalid_token"));
      }
      throw error;
    }
  }

  #tooMany({ request, reply, taken }: Refused, detail: string): Problem {
    leaveBody(request, reply);
    const seconds = Math.max(1, Math.ceil(taken.waitMs / 1_000));
    void reply.header("retry-after", String(seconds));
    return new Problem(429, "too-many-requests", `${detail}; come again in ${seconds} s`);
  }
}

interface Refused {
  readonly request: Asked;
  readonly reply: FastifyReply;
  readonly taken: Taken;
}

/** RFC 6750, section 3. */
export function challenge(error: "invalid_token" | "insufficient_scope" | null): string {
  return `Bearer realm="portcullis"${error === null ? "" : `, error="${error}"`}`;
}

function tellLimits(reply: FastifyReply, { rate }: Buckets, { remaining, resetMs }: Taken): void {
  void reply.headers({
    "ratelimit-limit": String(rate.burst),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": String(Math.ceil(resetMs / 1_000)),
  });
}

/** The body of a request that is refused is not read: with a large one, or one without an end, the connection ends too. */
export function leaveBody({ headers }: Pick<Asked, "headers">, reply: FastifyReply): void {
  const isSmall = headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) <= smallBody;
  if (!isSmall) void reply.header("connection", "close");
}
