// Requests to HCP Terraform: only to hosts that are allowed, by their public addresses, with limits on size and time.
import { lookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, request, type Dispatcher } from "undici";
import { messageOf } from "../../errors.js";
import { isPublicAddress } from "./public-address.js";

export interface HcpClientOptions {
  /** `app.terraform.io`, `tfe.example.com:8443`. */
  readonly hosts: readonly string[];
  readonly privateAddresses: boolean;
  readonly insecureHttp: boolean;
  readonly maximumPlanBytes: number;
  readonly downloadMs: number;
}

/** A refusal that another try would get too. */
export class Refused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Refused";
  }
}

/** What may work later. */
export class NotNow extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotNow";
  }
}

/** Messages of errors hold no token and no query of an address. Every method throws Refused or NotNow. */
export interface HcpClient {
  plan(address: string, token: string, signal: AbortSignal): Promise<Buffer>;
  /** PATCH of a JSON:API document. */
  patch(address: string, token: string, document: object, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Where the plan's JSON really is: `json-output` redirects there. */
const ownHosts = ["app.terraform.io", "archivist.terraform.io", "app.eu.terraform.io", "archivist.eu.terraform.io"];
const maximumRedirects = 5;
const callMs = 30_000;

type Rules = Pick<HcpClientOptions, "hosts" | "privateAddresses" | "insecureHttp">;

/** The address, or why it is not asked. */
export function allowedAddress(text: string, { hosts, privateAddresses, insecureHttp }: Rules): URL | string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return "it is no address";
  if (url.protocol !== "https:" && !(insecureHttp && url.protocol === "http:")) return "expected https://";
  if (url.username !== "" || url.password !== "") return "expected an address without a user";
  if (![...ownHosts, ...hosts].includes(url.host)) return `${url.host} is not among hooks.runTask.hosts`;
  const isLiteral = isIP(url.hostname) !== 0;
  if (isLiteral && !privateAddresses && !isPublicAddress(url.hostname)) return `${url.host} is not a public address`;
  return url;
}

export function createHcpClient(options: HcpClientOptions): HcpClient {
  const dispatcher = new Agent({
    connect: { timeout: 10_000, ...(options.privateAddresses ? {} : { lookup: lookupPublic }) },
    connections: 16,
    maxHeaderSize: 16_384,
    headersTimeout: callMs,
    bodyTimeout: callMs,
  });
  return {
    plan: (address, token, signal) => download(address, token, { options, dispatcher, signal }),
    patch: (address, token, document, signal) => send(address, { token, document }, { options, dispatcher, signal }),
    close: () => dispatcher.destroy(),
  };
}

/** Every address that a name has must be public: names can be made to point anywhere, also between two look-ups. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error !== null) {
      callback(error, "", 0);
      return;
    }
    const [first] = addresses;
    const isHidden = first === undefined || addresses.some(({ address }) => !isPublicAddress(address));
    if (isHidden) callback(new Error(`${hostname} has an address that is not public`), "", 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

interface Call {
  readonly options: HcpClientOptions;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

async function download(address: string, token: string, call: Call): Promise<Buffer> {
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.options.downloadMs)]);
  const start = checked(address, call.options);
  let url = start;
  for (let hops = 0; hops <= maximumRedirects; hops++) {
    // The token is for the host that was named, not for where it sends us.
    const authorization = url.origin === start.origin ? { authorization: `Bearer ${token}` } : {};
    const response = await asked(url, { dispatcher: call.dispatcher, signal, headers: { ...plain, ...authorization } });
    if (response.statusCode === 200) return readBody(response, call.options, signal);
    await response.body.dump({ limit: 65_536 }).catch(() => undefined);
    if (![301, 302, 303, 307, 308].includes(response.statusCode)) throw faultOf(response.statusCode, "the plan");
    const location = String(response.headers["location"] ?? "");
    url = checked(URL.canParse(location, url.href) ? new URL(location, url).href : "", call.options);
  }
  throw new Refused(`the plan: more than ${maximumRedirects} redirects`);
}

const plain = { accept: "application/json", "accept-encoding": "identity" };

async function readBody(
  response: Dispatcher.ResponseData,
  options: HcpClientOptions,
  signal: AbortSignal,
): Promise<Buffer> {
  const limit = options.maximumPlanBytes;
  const tooLarge = `the plan is larger than ${Math.round(limit / 2 ** 20)} MiB (hooks.runTask.maxPlanMiB)`;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new Refused(tooLarge);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new NotNow(`the plan did not arrive in full${signal.aborted ? " in time" : ""}: ${messageOf(error)}`);
  } finally {
    response.body.destroy();
  }
  return Buffer.concat(chunks);
}

interface Message {
  readonly token: string;
  readonly document: object;
}

async function send(address: string, { token, document }: Message, call: Call): Promise<void> {
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(callMs)]);
  const { statusCode, body } = await asked(checked(address, call.options), {
    ...{ method: "PATCH", dispatcher: call.dispatcher, signal, body: JSON.stringify(document) },
    headers: { ...plain, authorization: `Bearer ${token}`, "content-type": "application/vnd.api+json" },
  });
  await body.dump({ limit: 65_536 }).catch(() => undefined);
  if (statusCode < 200 || statusCode > 299) throw faultOf(statusCode, "the result");
}

async function asked(url: URL, options: Parameters<typeof request<null>>[1]): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, options);
  } catch (error) {
    throw new NotNow(`${url.host} does not answer: ${messageOf(error)}`);
  }
}

function checked(address: string, rules: Rules): URL {
  const url = allowedAddress(address, rules);
  if (typeof url === "string") throw new Refused(`an address is not allowed: ${url}`);
  return url;
}

function faultOf(status: number, what: string): Error {
  if (status === 204) return new NotNow(`${what}: it is not there yet`);
  const isPassing = status === 408 || status === 429 || status >= 500;
  const message = `${what}: HCP Terraform answered ${status}`;
  return isPassing ? new NotNow(message) : new Refused(message);
}
