// One POST to somebody else's server, bounded in every way: no redirect is followed, nothing waits for ever, and little is read.
import { lookup, type LookupAddress } from "node:dns";
import { readFileSync } from "node:fs";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Agent, request } from "undici";
import { messageOf, PortcullisError } from "../errors.js";

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly allowHttp: boolean;
  readonly caFile: string | null;
}

export interface Answer {
  readonly status: number;
  /** The beginning of what it said. */
  readonly text: string;
  /** What the server asks for; null where it does not. */
  readonly retryAfterMs: number | null;
}

const mostRead = 4_096;

/** Throws for what is no answer: an address that is not allowed, a connection that fails, a time that is up. */
export async function post({ url, headers, body, timeoutMs, allowHttp, caFile }: Post): Promise<Answer> {
  checkAddress(url, allowHttp);
  const agent = new Agent({
    connect: {
      timeout: timeoutMs,
      lookup: guardedLookup,
      ...(caFile === null ? {} : { ca: readCertificates(caFile) }),
    },
    ...{ headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxHeaderSize: 16_384, pipelining: 0, connections: 1 },
  });
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, { method: "POST", headers, body, dispatcher: agent, signal });
    const text = await beginningOf(answer.body);
    return { status: answer.statusCode, text, retryAfterMs: retryAfter(answer.headers["retry-after"], Date.now()) };
  } finally {
    await agent.destroy();
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let read = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      read += chunk.length;
      if (read >= mostRead) break;
    }
  } catch {
    // The status is known: what broke off was only its explanation.
  }
  return Buffer.concat(chunks).subarray(0, mostRead).toString("utf8");
}

function readCertificates(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new PortcullisError("config-invalid", `alerts: caFile ${file} cannot be read: ${messageOf(error)}`);
  }
}

function checkAddress(url: string, allowHttp: boolean): void {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const protocols = allowHttp ? ["https:", "http:"] : ["https:"];
  if (parsed === null || !protocols.includes(parsed.protocol))
    throw new PortcullisError("config-invalid", "alerts: expected an address that begins with https://");
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && isForbidden(host)) throw forbidden(host);
}

/** Where clouds give away the machine's credentials, and what means this machine without saying so. */
const blocked = new BlockList();
blocked.addSubnet("169.254.0.0", 16, "ipv4");
blocked.addSubnet("0.0.0.0", 8, "ipv4");
blocked.addSubnet("fe80::", 10, "ipv6");
blocked.addAddress("fd00:ec2::254", "ipv6");
blocked.addAddress("::", "ipv6");

export function isForbidden(address: string): boolean {
  return blocked.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function forbidden(address: string): PortcullisError {
  return new PortcullisError(
    "config-invalid",
    `alerts: nothing is sent to ${address}, an address of this machine's link`,
  );
}

/** Every address of a name is looked at: what is connected to is one of them. */
const guardedLookup: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const bad = error === null ? addresses.find(({ address }) => isForbidden(address)) : undefined;
    const [first] = error === null ? addresses : [];
    if (error !== null || bad !== undefined || first === undefined)
      callback(error ?? forbidden(bad?.address ?? host), "", 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

const longestRetryAfter = 3_600_000;

/** Seconds, or a date. */
export function retryAfter(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== "string" || header.length > 100) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), longestRetryAfter);
}
