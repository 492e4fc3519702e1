// One client a service and region, all with the same bounds: time-outs, retries, and how many calls are under way.
import type { Limiter } from "../../src/concurrency.js";
import { noteOperation, UnreadableAnswer } from "./refusal.js";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
export type CredentialSource = () => Promise<Credentials>;

export interface ClientSettings {
  readonly endpointUrl: string | null;
  /** Null: as the SDK finds them. */
  readonly credentials: CredentialSource | null;
  readonly maxAttempts: number;
  readonly requestTimeoutMs: number;
  readonly limiter: Limiter;
}

export interface ClientConfig {
  readonly region: string;
  readonly retryMode: "adaptive";
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: true;
  };
  readonly endpoint?: string;
  readonly credentials?: CredentialSource;
  readonly forcePathStyle?: boolean;
  readonly followRegionRedirects?: boolean;
  readonly useQueueUrlAsEndpoint?: boolean;
}

interface Closable {
  destroy(): void;
}

export type ClientType<C extends Closable> = new (config: ClientConfig) => C;

export class Clients {
  readonly #settings: ClientSettings;
  readonly #clients = new Map<unknown, Map<string, Closable>>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  of<C extends Closable>(type: ClientType<C>, region: string): C {
    const byRegion = this.#clients.get(type) ?? new Map<string, Closable>();
    this.#clients.set(type, byRegion);
    const known = byRegion.get(region) as C | undefined;
    if (known !== undefined) return known;
    const client = new type(clientConfig(this.#settings, region));
    guard(client as unknown as Guarded, this.#settings.limiter);
    byRegion.set(region, client);
    return client;
  }

  destroy(): void {
    for (const byRegion of this.#clients.values()) for (const client of byRegion.values()) client.destroy();
    this.#clients.clear();
  }
}

function clientConfig(settings: ClientSettings, region: string): ClientConfig {
  const { endpointUrl, credentials, maxAttempts, requestTimeoutMs } = settings;
  return {
    region,
    retryMode: "adaptive",
    maxAttempts,
    requestHandler: {
      connectionTimeout: Math.min(10_000, requestTimeoutMs),
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    followRegionRedirects: true,
    ...(credentials === null ? {} : { credentials }),
    // One endpoint for every service: host names made from buckets or queues would lead elsewhere.
    ...(endpointUrl === null ? {} : { endpoint: endpointUrl, forcePathStyle: true, useQueueUrlAsEndpoint: false }),
  };
}

/** The part of the SDK's middleware that is used here; every client has it, each under types of its own. */
interface Guarded {
  readonly middlewareStack: {
    add(
      middleware: Middleware,
      options: { readonly step: string; readonly name: string; readonly priority?: string },
    ): void;
  };
}
type Handler = (args: unknown) => Promise<{ readonly response: unknown }>;
type Middleware = (next: Handler, context: { readonly clientName?: string; readonly commandName?: string }) => Handler;

function guard(client: Guarded, limiter: Limiter): void {
  const bounded: Middleware = (next, context) => async (args) => {
    const operation = operationName(context.clientName, context.commandName);
    try {
      return await limiter.run(() => next(args));
    } catch (error) {
      noteOperation(error, operation);
      throw error;
    }
  };
  const readable: Middleware = (next) => async (args) => {
    const result = await next(args);
    await refuseHtml(result.response as Response);
    return result;
  };
  client.middlewareStack.add(bounded, { step: "initialize", name: "boundedCalls", priority: "high" });
  client.middlewareStack.add(readable, { step: "deserialize", name: "refuseHtml", priority: "low" });
}

/** `S3Client` and `ListBucketsCommand` as IAM writes it: `s3:ListBuckets`. */
export function operationName(clientName: string | undefined, commandName: string | undefined): string {
  const service = (clientName ?? "").replace(/Client$/, "");
  const prefixes: { readonly [key: string]: string } = {
    ElasticLoadBalancingV2: "elasticloadbalancing",
    ConfigService: "config",
  };
  return `${prefixes[service] ?? service.toLowerCase()}:${(commandName ?? "").replace(/Command$/, "")}`;
}

interface Response {
  readonly statusCode: number;
  readonly headers: { readonly [name: string]: string | undefined };
  body: unknown;
}

const maxSniffedBytes = 32 * 1024 * 1024;

/**
 * A page of HTML (a proxy's, a sign-in's, a server's that lacks the operation) can pass for an XML answer with nothing in it, and
 * nothing in it would mean that there is nothing to find fault with. AWS never answers HTML.
 */
async function refuseHtml(response: Response): Promise<void> {
  const type = response.headers["content-type"] ?? "";
  if (type !== "" && !/html/i.test(type)) return;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxSniffedBytes) throw new UnreadableAnswer("an answer of more than 32 MiB", response.statusCode);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (/^\s*<(!doctype\s+html|html)/i.test(body.subarray(0, 200).toString("latin1"))) {
    throw new UnreadableAnswer("a page of HTML", response.statusCode);
  }
  response.body = new Uint8Array(body);
}
