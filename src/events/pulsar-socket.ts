// One WebSocket to Pulsar: opened with the token in a header, watched by pings, bounded in what it takes.
import { STATUS_CODES, type IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { messageOf, PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { certificates, type PulsarAccess } from "./pulsar-access.js";

/** Pulsar's own limit of a message is 5 MiB; base64 makes 7 of it. */
const maximumFrame = 16 * 1024 * 1024;
const pingEveryMs = 10_000;

export interface SocketEvents {
  message(text: string): void;
  /** Once, after it was open. */
  closed(problem: PortcullisError): void;
}

export interface PulsarSocket {
  /** Resolves when the text was handed to the system. Rejects when the connection is gone. */
  send(text: string): Promise<void>;
  /** Resolves when the other side answered. */
  ping(timeoutMs: number): Promise<void>;
  /** At once; `closed` is not called any more. */
  close(): void;
}

/** Throws RefusedError when Pulsar says no, and `broker-unavailable` when it cannot be reached. */
export function openSocket(access: PulsarAccess, path: string, events: SocketEvents): Promise<PulsarSocket> {
  const url = `${access.webSocketUrl ?? ""}${path}`;
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options(access));
    const fail = (problem: PortcullisError): void => {
      socket.terminate();
      reject(problem);
    };
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      fail(refusal(response, url));
    });
    // Also later: an error without a listener would end the process. What follows from it comes with `close`.
    socket.on("error", (error) => {
      fail(unavailable(url, messageOf(error)));
    });
    socket.once("open", () => {
      resolve(opened(socket, url, events));
    });
  });
}

function options(access: PulsarAccess): ConstructorParameters<typeof WebSocket>[2] {
  const token = access.token();
  const ca = certificates(access);
  return {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
    ...(ca === undefined ? {} : { ca }),
    ...{ handshakeTimeout: access.timeoutMs, maxPayload: maximumFrame },
    // A redirection would take the token along.
    ...{ perMessageDeflate: false, followRedirects: false },
  };
}

function opened(socket: WebSocket, url: string, events: SocketEvents): PulsarSocket {
  let isAlive = true;
  let isClosing = false;
  const timer = setInterval(() => {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    socket.ping();
  }, pingEveryMs);
  socket.on("pong", () => (isAlive = true));
  socket.on("message", (data: Buffer) => {
    isAlive = true;
    events.message(data.toString("utf8"));
  });
  socket.once("close", (code, reason) => {
    clearInterval(timer);
    const why = printable(reason.toString("utf8").slice(0, 200));
    if (!isClosing)
      events.closed(unavailable(url, `the connection was closed (${code}${why === "" ? "" : `, ${why}`})`));
  });
  return {
    send: (text) =>
      promised((done) => {
        socket.send(text, done);
      }, url),
    ping: (timeoutMs) => pinged(socket, url, timeoutMs),
    close() {
      isClosing = true;
      clearInterval(timer);
      socket.close(1000);
      setTimeout(() => {
        socket.terminate();
      }, 1_000).unref();
    },
  };
}

function promised(work: (done: (error?: Error) => void) => void, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => {
      if (error === undefined || (error as Error | null) === null) resolve();
      else reject(unavailable(url, messageOf(error)));
    });
  });
}

function pinged(socket: WebSocket, url: string, timeoutMs: number): Promise<void> {
  return promised((done) => {
    const timer = setTimeout(() => {
      end(new Error(`no answer within ${timeoutMs / 1_000} s`));
    }, timeoutMs);
    const end = (error?: Error): void => {
      clearTimeout(timer);
      socket.off("pong", answered).off("close", gone);
      done(error);
    };
    const answered = (): void => {
      end();
    };
    const gone = (): void => {
      end(new Error("the connection was closed"));
    };
    socket.on("pong", answered).on("close", gone);
    if (socket.readyState === WebSocket.OPEN) socket.ping();
    else gone();
  }, url);
}

/** Pulsar answered, and trying the same again will not help. */
export class RefusedError extends PortcullisError {
  constructor(message: string) {
    super("broker-unavailable", message);
  }
}

const advice: Readonly<Record<number, string>> = {
  400: "the address or a setting is not one of Pulsar's",
  401: "the token is not accepted: see events.tokenFile and events.tokenEnv",
  403: "the token's role has no permission there: grant it produce and consume on the namespace",
  404: "there is no such tenant, namespace or topic, or no WebSocket API at this address",
};

function refusal(response: IncomingMessage, url: string): PortcullisError {
  const status = response.statusCode ?? 0;
  const text = printable((response.statusMessage ?? STATUS_CODES[status] ?? "").slice(0, 300));
  response.destroy();
  const what = `Pulsar at ${withoutQuery(url)} answered ${status} ${text}`;
  const known = advice[status];
  return known === undefined ? new PortcullisError("broker-unavailable", what) : new RefusedError(`${what}: ${known}`);
}

function unavailable(url: string, why: string): PortcullisError {
  return new PortcullisError("broker-unavailable", `Pulsar at ${withoutQuery(url)}: ${why}`);
}

function withoutQuery(url: string): string {
  return url.split("?")[0] ?? url;
}

/** Waits between attempts: twice as long each time, up to ten seconds, and never all at the same moment. */
export function backoff(attempt: number): number {
  return Math.min(10_000, 250 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}
