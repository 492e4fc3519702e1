// An HTTP proxy of ours before a test server: it answers chosen operations itself, and counts what goes through.
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface ProxiedCall {
  /** The service and region of the request's signature: `ec2`, `us-east-1`. */
  readonly service: string;
  readonly region: string;
  /** `DescribeVolumes`; for S3 and Lambda, whose requests do not name it, `GET /path?query`. */
  readonly operation: string;
  readonly body: string;
}

export interface Fault {
  readonly service: string;
  readonly operation: string | RegExp;
  /** How often; after that calls go through. Default: always. */
  readonly times?: number;
  /** `cut`: the connection is closed; `hang`: nothing is ever answered; null: this call goes through. */
  readonly answer: (call: ProxiedCall) => FaultAnswer | "cut" | "hang" | null;
}

export interface FaultAnswer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

export interface FaultProxy {
  readonly endpoint: string;
  readonly calls: readonly ProxiedCall[];
  /** Replaces the faults and forgets the calls. */
  use(...faults: readonly Fault[]): void;
  /** How many calls were under way at once, at most, since `use`. */
  readonly mostAtOnce: number;
  count(service: string, operation: string | RegExp): number;
  stop(): Promise<void>;
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  let faults: { readonly fault: Fault; left: number }[] = [];
  let calls: ProxiedCall[] = [];
  let underWay = 0;
  let mostAtOnce = 0;
  const { hostname, port } = new URL(target);

  const server = createServer((request, response) => {
    mostAtOnce = Math.max(mostAtOnce, ++underWay);
    response.once("close", () => underWay--);
    void readBody(request).then((body) => {
      const call = callOf(request, body.toString("utf8"));
      calls.push(call);
      const rule = faults.find(({ fault, left }) => left > 0 && matches(call, fault.service, fault.operation));
      const answer = rule?.fault.answer(call) ?? null;
      if (rule === undefined || answer === null) {
        forward(request, body, response);
        return;
      }
      rule.left--;
      answerWith(answer, response);
    });
  });

  const forward = (from: IncomingMessage, body: Buffer, to: ServerResponse): void => {
    const { method = "GET", url = "/", headers } = from;
    const onward = httpRequest({ hostname, port, method, path: url, headers: withoutConnection(headers) }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on("error", () => to.destroy());
    onward.end(body);
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get calls() {
      return calls;
    },
    get mostAtOnce() {
      return mostAtOnce;
    },
    use: (...wanted) => {
      mostAtOnce = 0;
      faults = wanted.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
      calls = [];
    },
    count: (service, operation) => calls.filter((call) => matches(call, service, operation)).length,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function matches(call: ProxiedCall, service: string, operation: string | RegExp): boolean {
  if (call.service !== service) return false;
  return typeof operation === "string" ? call.operation === operation : operation.test(call.operation);
}

function callOf({ headers, method = "GET", url = "/" }: IncomingMessage, body: string): ProxiedCall {
  const [, region = "", service = ""] =
    /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? "") ?? [];
  const target = headers["x-amz-target"];
  const named = typeof target === "string" ? target.split(".").at(-1) : new URLSearchParams(body).get("Action");
  return { service, region, operation: named ?? `${method} ${url}`, body };
}

function answerWith(answer: FaultAnswer | "cut" | "hang", response: ServerResponse): void {
  if (answer === "hang") return;
  if (answer === "cut") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { "content-type": answer.type ?? "text/xml" });
  response.end(answer.body);
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== "connection"));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A refusal in the form of the protocol: the query services', EC2's, S3's, and those that speak JSON. */
export function refusal(
  form: "query" | "ec2" | "s3" | "json",
  status: number,
  code: string,
  message: string,
): Fault["answer"] {
  const bodies = {
    query: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
    ec2: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
    s3: `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>r</RequestId></Error>`,
    json: JSON.stringify({ __type: code, message }),
  };
  return () => ({
    status,
    type: form === "json" ? "application/x-amz-json-1.1" : "application/xml",
    body: bodies[form],
  });
}

export const htmlPage: Fault["answer"] = () => ({
  status: 200,
  type: "text/html; charset=utf-8",
  body: "<!doctype html>\n<html><title>Sign in</title></html>",
});
