// Where a process that has no API is watched: its metrics, and whether it lives. No secrets are in either, and nothing else is here.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { PortcullisError } from "../errors.js";
import { scrapeContentType } from "./scrape.js";

export interface WatchServer {
  readonly port: number;
  stop(): Promise<void>;
}

export interface Watched {
  readonly host: string;
  /** 0 is any that is free. */
  readonly port: number;
  readonly scrape: () => Promise<string>;
}

/** Throws PortcullisError when the address cannot be listened on. */
export async function startWatchServer({ host, port, scrape }: Watched): Promise<WatchServer> {
  const server = createServer({ maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 10_000 });
  server.maxConnections = 50;
  server.on("request", (request, response) => {
    void answer(request, response, scrape);
  });
  await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listening(server: Server, host: string, port: number): Promise<void> {
  try {
    await once(server.listen(port, host), "listening");
  } catch (error) {
    const { code = "it failed" } = error as NodeJS.ErrnoException;
    throw new PortcullisError("usage", `metrics cannot be offered on ${host}:${port}: ${code}`);
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, scrape: Watched["scrape"]): Promise<void> {
  const send = (status: number, type: string, text: string): void => {
    response.writeHead(status, {
      "content-type": type,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(text);
  };
  const plain = "text/plain; charset=utf-8";
  const path = request.url?.split("?")[0];
  try {
    if (path !== "/metrics" && path !== "/healthz") send(404, plain, "there are /metrics and /healthz\n");
    else if (request.method !== "GET" && request.method !== "HEAD") send(405, plain, "only GET\n");
    else if (path === "/healthz") send(200, "application/json", '{"status":"ok"}');
    else send(200, scrapeContentType, await scrape());
  } catch {
    if (!response.headersSent) send(500, plain, "the metrics could not be collected\n");
  }
}
