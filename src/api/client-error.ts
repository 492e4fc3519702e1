// Requests that Node's parser gives up before there is a request: garbage, headers that are too large, clients that are too slow.
import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { detailsOf } from "./problem-reply.js";
import { Problem, problemMediaType } from "./problem.js";
import { maximumHeaderBytes } from "./server-settings.js";

const problems: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: new Problem(431, "invalid-request", `the headers are larger than ${maximumHeaderBytes} bytes`),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, "timeout", "the request did not arrive in time"),
};
const garbage = new Problem(400, "invalid-request", "this is not HTTP as it is spoken here");

export function replyToBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problems[error.code ?? ""] ?? garbage;
  const body = JSON.stringify(detailsOf(problem, randomUUID()));
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "cache-control: no-store",
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}
