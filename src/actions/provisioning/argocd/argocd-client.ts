// Requests to Argo CD's API: bounded in size and time, to the one server that is configured. The token is in no message.
import { z } from "zod";
import { messageOf, PortcullisError } from "../../../errors.js";
import { redactText } from "../../../redact.js";
import {
  application,
  managedResources,
  manifestResponse,
  type Application,
  type ManagedResource,
} from "./argocd-shapes.js";
import type { ArgocdSettings } from "./argocd-settings.js";

const maximumBytes = 50 * 2 ** 20;
const callMs = 60_000;

export interface ApplicationName {
  readonly name: string;
}

export interface SyncRequest {
  readonly revision: string;
  readonly prune: boolean;
}

/** Throws PortcullisError: `provider-unavailable` for what Argo CD refuses or does not answer. */
export interface ArgocdClient {
  /** Null where there is none, or none that the token may see: Argo CD does not tell these apart. */
  application(name: ApplicationName, signal: AbortSignal): Promise<Application | null>;
  /** Manifests as JSON texts. The data of Secrets is not in them. */
  manifests(name: ApplicationName, revision: string, signal: AbortSignal): Promise<readonly string[]>;
  managed(name: ApplicationName, signal: AbortSignal): Promise<readonly ManagedResource[]>;
  sync(name: ApplicationName, request: SyncRequest, signal: AbortSignal): Promise<Application>;
  rollback(name: ApplicationName, request: { id: number; prune: boolean }, signal: AbortSignal): Promise<Application>;
  terminate(name: ApplicationName, signal: AbortSignal): Promise<void>;
  /** With all that it manages. */
  remove(name: ApplicationName, signal: AbortSignal): Promise<void>;
}

interface Call {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: { readonly [name: string]: string | null };
  readonly body?: object;
  readonly signal: AbortSignal;
}

export function createArgocdClient(
  settings: ArgocdSettings,
  environment: { readonly [name: string]: string | undefined } = process.env,
): ArgocdClient {
  const base = checkedServer(settings);
  const token = (): string => tokenOf(settings, environment);
  const ask = (path: string, call: Call): Promise<unknown> => answerOf(base, path, { ...call, token: token() });
  const at = ({ name }: ApplicationName, rest = ""): string =>
    `/api/v1/applications/${encodeURIComponent(name)}${rest}`;
  const who = { appNamespace: settings.namespace ?? null, project: settings.project ?? null };
  const named = ({ name }: ApplicationName) => ({
    name,
    ...(settings.namespace !== undefined && { appNamespace: settings.namespace }),
    ...(settings.project !== undefined && { project: settings.project }),
  });
  return {
    async application(name, signal) {
      const answer = await ask(at(name), { query: who, signal }).catch((thrown: unknown) => {
        if (thrown instanceof NotThere) return null;
        throw thrown;
      });
      return answer === null ? null : shaped(application, answer, "an application");
    },
    async manifests(name, revision, signal) {
      const answer = await ask(at(name, "/manifests"), { query: { ...who, revision }, signal });
      return shaped(manifestResponse, answer, "manifests").manifests ?? [];
    },
    async managed(name, signal) {
      const answer = await ask(at(name, "/managed-resources"), { query: who, signal });
      return shaped(managedResources, answer, "managed resources").items ?? [];
    },
    async sync(name, { revision, prune }, signal) {
      const body = { ...named(name), revision, prune, dryRun: false };
      return shaped(application, await ask(at(name, "/sync"), { method: "POST", body, signal }), "an application");
    },
    async rollback(name, { id, prune }, signal) {
      const body = { ...named(name), id, prune, dryRun: false };
      return shaped(application, await ask(at(name, "/rollback"), { method: "POST", body, signal }), "an application");
    },
    async terminate(name, signal) {
      await ask(at(name, "/operation"), { method: "DELETE", query: who, signal });
    },
    async remove(name, signal) {
      const query = { ...who, cascade: "true", propagationPolicy: "foreground" };
      await ask(at(name), { method: "DELETE", query, signal });
    },
  };
}

const loopback = ["127.0.0.1", "localhost", "[::1]"];

function checkedServer({ server, insecureHttp }: ArgocdSettings): string {
  const url = URL.canParse(server) ? new URL(server) : null;
  const isClear = url?.protocol === "http:" && !loopback.includes(url.hostname) && insecureHttp !== true;
  if (url === null || isClear) {
    const why = "expected an address that begins with https:// (or insecureHttp: true)";
    throw new PortcullisError("config-invalid", `provisioning.argocd.server: ${why}`);
  }
  return server.replace(/\/+$/, "");
}

function tokenOf(
  { tokenFrom = "ARGOCD_AUTH_TOKEN" }: ArgocdSettings,
  environment: { readonly [name: string]: string | undefined },
): string {
  const token = environment[tokenFrom] ?? "";
  if (/^[\x21-\x7e]{1,16384}$/.test(token)) return token;
  const message = `no token for Argo CD: expected one in the environment variable ${tokenFrom} (provisioning.argocd.tokenFrom)`;
  throw new PortcullisError("config-invalid", message);
}

class NotThere extends PortcullisError {}

async function answerOf(base: string, path: string, call: Call & { readonly token: string }): Promise<unknown> {
  const { method = "GET", query = {}, body, signal, token } = call;
  const url = new URL(base + path);
  for (const [name, value] of Object.entries(query)) if (value !== null) url.searchParams.set(name, value);
  const what = `Argo CD, ${method} ${path}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]),
      headers: { accept: "application/json", "content-type": "application/json", authorization: `Bearer ${token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    text = await textOf(response);
  } catch (thrown) {
    throw unavailable(`${what}: ${causeOf(thrown)}`, thrown);
  }
  if (response.status === 404) throw new NotThere("provider-unavailable", `${what}: there is no such application`);
  if (!response.ok) throw unavailable(`${what} answered with status ${response.status}${saidBy(text)}`);
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw unavailable(`${what}: expected JSON`, thrown);
  }
}

/** Argo CD's errors are `{"error": .., "code": .., "message": ..}`. */
function saidBy(text: string): string {
  const said = z.object({ message: z.string() }).safeParse(safeJson(text));
  return said.success ? `: ${redactText(said.data.message.slice(0, 2_000))}` : "";
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maximumBytes) throw new Error(`the answer has more than ${maximumBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function shaped<T>(shape: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = shape.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unavailable(
    `Argo CD answered with what we do not know as ${what}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  );
}

function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  return redactText(messageOf(cause).slice(0, 500));
}

function unavailable(message: string, cause?: unknown): PortcullisError {
  return new PortcullisError("provider-unavailable", message, { cause });
}
