// Keeps a bundle as its server has it: OPA's bundle protocol. What is broken or not signed changes nothing, and the last good
// copy is kept on disk, so that a start needs no server.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { readBundle, type Bundle } from "../../engine/rego/bundle/read-bundle.js";
import type { Verification } from "../../engine/rego/bundle/signature.js";
import { messageOf } from "../../errors.js";
import { makeFolder } from "../../folders.js";
import type { Logger } from "../../observability/log.js";
import type { Part } from "../../service/part.js";
import { redactText } from "../../redact.js";
import type { BundleSettings } from "./opa-settings.js";

export interface BundleClientOptions {
  readonly name: string;
  readonly settings: BundleSettings;
  /** Null: none is sent. */
  readonly token: string | null;
  readonly verification: Verification | null;
  /** Where the last good copy is kept. */
  readonly folder: string;
  readonly activate: (bundle: Bundle) => Promise<void>;
  readonly log: Logger;
}

const defaultMaxBytes = 64 * 1024 * 1024;
const requestMs = 60_000;
const longPollType = "application/vnd.openpolicyagent.bundles";
const kept = z.object({ etag: z.string(), archive: z.base64() });

export class BundleClient implements Part {
  readonly name: string;
  readonly #options: BundleClientOptions;
  readonly #stop = new AbortController();
  #etag = "";
  #isActive = false;
  #failure = "it was not downloaded yet";
  #failures = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: BundleClientOptions) {
    this.#options = options;
    this.name = `bundle ${options.name}`;
  }

  get isActive(): boolean {
    return this.#isActive;
  }

  async start(): Promise<void> {
    await this.#startFromCopy();
    this.#running = this.#poll();
  }

  /** A bundle that was there once goes on working while its server is away. */
  trouble(): Promise<string | null> {
    return Promise.resolve(this.#isActive ? null : this.#failure);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #startFromCopy(): Promise<void> {
    try {
      const { etag, archive } = kept.parse(JSON.parse(readFileSync(this.#file(), "utf8")));
      await this.#activate(Buffer.from(archive, "base64"));
      this.#etag = etag;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      this.#options.log.warn(`${this.name}: the kept copy is not used: ${redactText(messageOf(error))}`);
    }
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const isHeld = await this.#download().catch((error: unknown) => this.#failed(error));
      if (isHeld) continue;
      await sleep(this.#delayMs(), undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  #failed(error: unknown): false {
    if (this.#stop.signal.aborted) return false;
    this.#failures++;
    this.#failure = redactText(messageOf(error)).slice(0, 500);
    this.#options.log.error(`${this.name}: ${this.#failure}`);
    return false;
  }

  /** Somewhere between the least and the most, and later after failures. */
  #delayMs(): number {
    const { min, max } = this.#options.settings.polling ?? { min: 60, max: 120 };
    if (this.#failures > 0) return Math.min(max, min * 2 ** Math.min(this.#failures - 1, 20)) * 1_000;
    return (min + Math.random() * (max - min)) * 1_000;
  }

  /** True where the server holds requests until there is something new. */
  async #download(): Promise<boolean> {
    const { settings } = this.#options;
    const signal = AbortSignal.any([
      this.#stop.signal,
      AbortSignal.timeout(requestMs + (settings.longPoll ?? 0) * 1_000),
    ]);
    const response = await fetch(settings.url, { headers: this.#headers(), signal });
    const isHeld = settings.longPoll !== undefined && (response.headers.get("content-type") ?? "") === longPollType;
    if (response.status === 304) {
      await response.body?.cancel();
      this.#failures = 0;
      return isHeld;
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the server of the bundle answers ${response.status}`);
    }
    const archive = await bounded(response, settings.maxBytes ?? defaultMaxBytes);
    await this.#activate(archive);
    this.#etag = response.headers.get("etag") ?? "";
    this.#failures = 0;
    this.#keep(archive);
    return isHeld;
  }

  #headers(): Record<string, string> {
    const { token, settings } = this.#options;
    const wait = settings.longPoll === undefined ? "" : `;wait=${Math.ceil(settings.longPoll)}`;
    return {
      prefer: `modes=snapshot${wait}`,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(this.#etag === "" ? {} : { "if-none-match": this.#etag }),
    };
  }

  async #activate(archive: Uint8Array): Promise<void> {
    const { name, settings, verification, activate, log } = this.#options;
    const bundle = await readBundle(archive, { name, verification, maxBytes: settings.maxBytes ?? defaultMaxBytes });
    await activate(bundle);
    this.#isActive = true;
    log.info(`${this.name}: revision ${JSON.stringify(bundle.revision)} is active`);
  }

  #keep(archive: Buffer): void {
    const unfinished = `${this.#file()}.${process.pid}.tmp`;
    try {
      makeFolder(this.#options.folder, 0o700);
      writeFileSync(unfinished, JSON.stringify({ etag: this.#etag, archive: archive.toString("base64") }), {
        mode: 0o600,
      });
      renameSync(unfinished, this.#file());
    } catch (error) {
      this.#options.log.warn(`${this.name}: no copy is kept: ${messageOf(error)}`);
    }
  }

  #file(): string {
    return join(this.#options.folder, `${this.#options.name}.json`);
  }
}

async function bounded(response: Response, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const reader = response.body?.getReader();
  for (let size = 0; reader !== undefined;) {
    const { done, value } = await reader.read();
    if (done) break;
    if ((size += value.length) > most) {
      await reader.cancel();
      throw new Error(`the bundle is larger than ${most} bytes`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}
