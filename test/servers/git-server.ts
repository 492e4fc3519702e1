// A Git server over HTTPS: git's own smart protocol (`git http-backend` as CGI), with credentials, and with the faults that servers have.
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";

export interface GitServer {
  readonly url: string;
  /** What a client trusts it by. */
  readonly caFile: string;
  /** Requests that came, with their credentials. */
  readonly requests: { readonly url: string; readonly authorization: string | undefined }[];
  /** Instead of an answer: a status, another server's address, or nothing at all. */
  fault: number | { readonly redirect: string } | "hang" | null;
  /** The only Authorization that is let in. */
  authorization: string;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** Serves the bare repositories of a folder; keeps its certificate in another one. */
export async function startGitServer(repositories: string, folder: string): Promise<GitServer> {
  const [key, cert] = [join(folder, "git-key.pem"), join(folder, "git-cert.pem")];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const sockets = new Set<Socket>();
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const made: GitServer = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ caFile: cert, requests: [], fault: null, authorization: "" },
    open: () => sockets.size,
    close: () => closed(server, sockets),
  };
  server.on("request", (request, response) => {
    answer(made, repositories, { request, response });
  });
  return made;
}

function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => { resolve(); }));
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer(server: GitServer, repositories: string, { request, response }: Exchange): void {
  const { url = "", headers } = request;
  server.requests.push({ url, authorization: headers.authorization });
  const { fault } = server;
  if (fault === "hang") return;
  if (typeof fault === "number") response.writeHead(fault).end("the server is not well");
  else if (fault !== null) response.writeHead(301, { location: fault.redirect + url }).end();
  else if (headers.authorization !== server.authorization)
    response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end();
  else backend(repositories, { request, response });
}

function backend(repositories: string, { request, response }: Exchange): void {
  const { pathname, search } = new URL(request.url ?? "/", "https://x");
  const header = (name: string): string => request.headers[name]?.toString() ?? "";
  const child = spawn("git", ["http-backend"], {
    env: {
      ...{ PATH: process.env["PATH"], GIT_PROJECT_ROOT: repositories, GIT_HTTP_EXPORT_ALL: "1", REMOTE_USER: "git" },
      ...{ PATH_INFO: decodeURIComponent(pathname), QUERY_STRING: search.slice(1), REQUEST_METHOD: request.method },
      ...{ CONTENT_TYPE: header("content-type"), CONTENT_LENGTH: header("content-length") },
      ...{ HTTP_CONTENT_ENCODING: header("content-encoding"), GIT_PROTOCOL: header("git-protocol") },
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  let head: Buffer | null = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    if (head === null) return response.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return false;
    writeHead(response, head.subarray(0, end).toString("latin1"));
    const rest = head.subarray(end + 4);
    head = null;
    return rest.length === 0 ? true : response.write(rest);
  });
  child.on("close", () => response.end());
  response.on("close", () => child.kill());
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    if (name === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}
