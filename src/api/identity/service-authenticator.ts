// Service tokens: looked up by their public id, compared in constant time.
import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../clock.js";
import type { Logger } from "../../observability/log.js";
import type { StoredToken, Tokens } from "../../store/tokens.js";
import { roles } from "../access.js";
import { UnauthenticatedError } from "../identity.js";
import type { Known } from "./authenticator.js";
import { actorName } from "./issue-token.js";
import { parseServiceToken } from "./service-token.js";

export interface ServiceTokenOptions {
  readonly tokens: Pick<Tokens, "find" | "used">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Pick<Logger, "warn">;
}

const nobody = Buffer.alloc(32);
const minute = 60_000;

export class ServiceAuthenticator {
  readonly #options: ServiceTokenOptions;

  constructor(options: ServiceTokenOptions) {
    this.#options = options;
  }

  /** Asks the database each time. Throws UnauthenticatedError; `store-unavailable` when it cannot be known. */
  async authenticate(text: string): Promise<Known> {
    const parsed = parseServiceToken(text);
    const found = parsed === null ? null : await this.#options.tokens.find(parsed.id);
    const isSame = timingSafeEqual(parsed?.hash ?? nobody, found?.hash ?? nobody);
    const now = this.#options.clock.now().getTime();
    if (found === null || !isSame || found.token.revokedAt !== null || Date.parse(found.token.expires) <= now)
      throw new UnauthenticatedError("the token is not valid here");
    this.#noteUse(found.token, now);
    const actor = { name: actorName(found.token), source: "token" } as const;
    const granted = roles.filter((role) => found.token.roles.includes(role));
    return { identity: { actor, roles: granted }, until: Date.parse(found.token.expires) };
  }

  /** Nobody waits for it, and nobody is refused for it. */
  #noteUse({ id, lastUsed }: StoredToken, now: number): void {
    if (lastUsed !== null && now - Date.parse(lastUsed) < minute) return;
    this.#options.tokens.used(id).catch((err: unknown) => {
      this.#options.log.warn({ err, token: id }, "the last use of a token could not be kept");
    });
  }
}
