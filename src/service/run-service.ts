// The life of the service: parts start, the API listens, and at the end nothing that was begun is cut off before its time.
import { completeSettings } from "../api/server-settings.js";
import type { Config } from "../config.js";
import { messageOf } from "../errors.js";
import type { OpenedService } from "./open-service.js";
import type { Part } from "./part.js";

/** What a part gets to let go, also when the requests took all the time. */
const leastMs = 1_000;
const sweepMs = 100;

export interface RunOptions {
  readonly config: Config;
  /** Resolves when the service shall stop; with the reason. */
  readonly stopped: Promise<string>;
}

/** Throws PortcullisError when a part does not start, or the address cannot be listened on. Closes the service in any case. */
export async function runService(service: OpenedService, { config, stopped }: RunOptions): Promise<void> {
  const { host, port, grace } = completeSettings(config.server);
  const started: Part[] = [];
  try {
    for (const part of service.parts) {
      started.push(part);
      await part.start();
    }
    await service.api.listen({ host, port, listenTextResolver: (address) => `portcullis listens on ${address}` });
    if (config.identity?.oidc === undefined) await sayWhatIsMissing(service);
    service.log.info(`${await stopped}: stopping; once more stops at once`);
  } finally {
    await stop(service, started, grace);
  }
}

async function sayWhatIsMissing({ store, log }: OpenedService): Promise<void> {
  const { tokens } = await store.tokens.list({ all: false, limit: 1 });
  if (tokens.length > 0) return;
  log.warn(
    "no token exists yet, so nobody is let in: stop, run `portcullis tokens create --role admin`, and start again",
  );
}

async function stop(service: OpenedService, started: readonly Part[], graceMs: number): Promise<void> {
  const { api, log } = service;
  const deadline = performance.now() + graceMs;
  const left = (): number => Math.max(leastMs, deadline - performance.now());
  const cut = setTimeout(() => {
    log.warn("requests took longer than the grace time: their connections are closed");
    api.server.closeAllConnections();
  }, graceMs);
  // A connection whose last request was under way when the stop began is idle only later, and nobody else ends it then.
  const sweep = setInterval(() => {
    api.server.closeIdleConnections();
  }, sweepMs);
  await api.close();
  clearTimeout(cut);
  clearInterval(sweep);
  for (const part of [...started].reverse()) {
    await part.stop(left()).catch((error: unknown) => {
      log.error({ part: part.name }, `${part.name} did not stop: ${messageOf(error)}`);
    });
  }
  await service.close();
  log.info("stopped");
}
