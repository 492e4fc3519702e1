// One attempt to bring a message to its destination.
import type { LinkTemplates } from "../compliance/links.js";
import { messageOf, PortcullisError } from "../errors.js";
import type { Json } from "../json.js";
import type { Finding } from "../store/findings.js";
import type { AlertEvent } from "./alert-event.js";
import { alertOf } from "./alertmanager.js";
import type { Destination } from "./alert-settings.js";
import type { Digest } from "./digest.js";
import { post, type Answer } from "./post.js";
import { harmless, readSecret } from "./secret.js";
import { slackMessage } from "./slack.js";
import { signedHeaders } from "./webhook.js";

export type Message =
  | { readonly kind: "events"; readonly events: readonly AlertEvent[] }
  | Digest
  | { readonly kind: "findings"; readonly fingerprints: readonly string[] };

export type Outcome =
  | { readonly kind: "sent" }
  /** Again later: in so long, where the server says so. */
  | { readonly kind: "deferred"; readonly error: string; readonly afterMs: number | null }
  /** It would be refused again. */
  | { readonly kind: "refused"; readonly error: string };

export interface Delivering {
  readonly environment: NodeJS.ProcessEnv;
  readonly now: () => Date;
  readonly links: LinkTemplates;
  readonly findings: (fingerprints: readonly string[]) => Promise<readonly Finding[]>;
}

const defaultTimeout = 10;
export const defaultResend = 60;

/** Never throws for what the destination or its configuration does; a store that is away is thrown. */
export async function deliver(
  destination: Destination,
  message: { readonly id: string; readonly body: Json },
  delivering: Delivering,
): Promise<Outcome> {
  const body = message.body as unknown as Message;
  const findings = body.kind === "findings" ? await delivering.findings(body.fingerprints) : [];
  const request = { id: message.id, body, findings };
  return send(destination, request, delivering);
}

/** Findings as they are, to Alertmanager. */
export function deliverFindings(
  destination: Destination,
  findings: readonly Finding[],
  delivering: Delivering,
): Promise<Outcome> {
  return send(destination, { id: "", body: { kind: "findings", fingerprints: [] }, findings }, delivering);
}

interface Request {
  readonly id: string;
  readonly body: Message;
  readonly findings: readonly Finding[];
}

async function send(destination: Destination, request: Request, delivering: Delivering): Promise<Outcome> {
  const secrets: string[] = [];
  const secretOf = (source: Parameters<typeof readSecret>[0]): string => {
    const secret = readSecret(source, delivering.environment);
    secrets.push(secret);
    return secret;
  };
  try {
    const { url, headers, text } = contentOf(destination, request, { ...delivering, secretOf });
    if (text === null) return { kind: "sent" };
    const token = destination.token === undefined ? {} : { authorization: `Bearer ${secretOf(destination.token)}` };
    const answer = await post({
      ...{ url, headers: { "user-agent": "portcullis", ...headers, ...token }, body: text },
      timeoutMs: (destination.timeout ?? defaultTimeout) * 1_000,
      ...{ allowHttp: destination.allowHttp ?? false, caFile: destination.caFile ?? null },
    });
    return outcomeOf(answer, secrets);
  } catch (error) {
    if (error instanceof PortcullisError && error.code === "store-unavailable") throw error;
    return { kind: "deferred", error: harmless(describe(error), secrets), afterMs: null };
  }
}

interface Content {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null when there is nothing to say. */
  readonly text: string | null;
}

type Context = Delivering & { readonly secretOf: (source: Parameters<typeof readSecret>[0]) => string };

function contentOf(destination: Destination, { id, body, findings }: Request, context: Context): Content {
  const json = { "content-type": "application/json; charset=utf-8" };
  switch (destination.kind) {
    case "alertmanager": {
      const lastsMs = (destination.resend ?? defaultResend) * 4_000;
      const alerts = findings.map((finding) => alertOf(finding, { now: context.now(), lastsMs, links: context.links }));
      const url = `${destination.url.replace(/\/+$/, "")}/api/v2/alerts`;
      return { url, headers: json, text: alerts.length === 0 ? null : JSON.stringify(alerts) };
    }
    case "webhook": {
      const text = JSON.stringify(body.kind === "events" ? body.events : []);
      const sources = [destination.secret, ...(destination.formerSecret ? [destination.formerSecret] : [])];
      const headers = signedHeaders({ id, at: context.now(), body: text, secrets: sources.map(context.secretOf) });
      return { url: destination.url, headers, text };
    }
    case "slack":
      return {
        url: context.secretOf(destination.url),
        headers: json,
        text: body.kind === "digest" ? JSON.stringify(slackMessage(body)) : null,
      };
  }
}

/** What is wrong with the message and not with the server, the access or the moment. */
const refusals = [400, 413, 415, 422];

function outcomeOf({ status, text, retryAfterMs }: Answer, secrets: readonly string[]): Outcome {
  if (status >= 200 && status < 300) return { kind: "sent" };
  const said = text === "" ? "" : `: ${text}`;
  const redirected = status >= 300 && status < 400 ? " (redirects are not followed)" : "";
  const error = harmless(`the server answered ${status}${redirected}${said}`, secrets);
  return refusals.includes(status) ? { kind: "refused", error } : { kind: "deferred", error, afterMs: retryAfterMs };
}

/** The reason of a failed connection is in the cause, or in the list of those of each address. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return messageOf(error);
}
