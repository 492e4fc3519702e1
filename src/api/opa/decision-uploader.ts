// Sends records to a decision log service as OPA does: gzipped arrays of JSON to POST /logs. What is not taken stays in the store
// and is sent again.
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import { redactText } from "../../redact.js";
import type { Part } from "../../service/part.js";
import type { DecisionLog, NumberedDecision } from "../../store/decision-log.js";

export interface UploaderOptions {
  readonly log: Logger;
  readonly decisions: Pick<DecisionLog, "pending" | "sent">;
  readonly url: string;
  readonly token: string | null;
  /** Of one upload, before it is zipped. */
  readonly maxBytes: number;
  readonly intervalMs: number;
}

const zip = promisify(gzip);
const requestMs = 30_000;
const longestDelayMs = 60_000;
const mostAtOnce = 1_000;

export class DecisionUploader implements Part {
  readonly name = "decision log";
  readonly #options: UploaderOptions;
  readonly #stop = new AbortController();
  #failure: string | null = null;
  #failures = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: UploaderOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#running = this.#run();
    return Promise.resolve();
  }

  /** Nothing is lost while the service is away, but somebody should know. */
  trouble(): Promise<string | null> {
    return Promise.resolve(this.#failures > 2 ? this.#failure : null);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const isMore = await this.#upload().catch((error: unknown) => this.#failed(error));
      if (isMore) continue;
      const delay = Math.min(this.#options.intervalMs * 2 ** Math.min(this.#failures, 10), longestDelayMs);
      await sleep(delay, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  #failed(error: unknown): false {
    if (this.#stop.signal.aborted) return false;
    this.#failures++;
    this.#failure = redactText(messageOf(error)).slice(0, 300);
    this.#options.log.warn(`decision log: ${this.#failure}`);
    return false;
  }

  async #upload(): Promise<boolean> {
    const { decisions, url, token, maxBytes } = this.#options;
    const chunk = within(await decisions.pending(mostAtOnce), maxBytes);
    if (chunk.length === 0) return false;
    const response = await fetch(`${url.replace(/\/+$/, "")}/logs`, {
      method: "POST",
      body: new Uint8Array(await zip(`[${chunk.map(({ event }) => event).join(",")}]`)),
      headers: {
        ...{ "content-type": "application/json", "content-encoding": "gzip" },
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(requestMs)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the decision log service answers ${response.status}`);
    await decisions.sent(chunk.map(({ seq }) => seq));
    this.#failures = 0;
    return true;
  }
}

/** As many as go into one upload, and at least one. */
function within(rows: readonly NumberedDecision[], most: number): readonly NumberedDecision[] {
  let size = 2;
  const end = rows.findIndex(({ event }, at) => (size += Buffer.byteLength(event) + 1) > most && at > 0);
  return end === -1 ? rows : rows.slice(0, end);
}
