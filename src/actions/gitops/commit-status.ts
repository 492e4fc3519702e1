// Results beside a commit, as GitHub and GitLab take them. They are kept in the store and sent until they are taken.
import { post, type Answer } from "../../alerts/post.js";
import { messageOf } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import type { DueStatus, Gitops } from "../../store/gitops.js";
import type { RepositorySettings } from "./gitops-settings.js";

export type StatusSettings = NonNullable<RepositorySettings["status"]>;

const timeoutMs = 10_000;
const atOnce = 100;
const longestDelayMs = 600_000;
/** What a server refuses so often it never takes; the next result of the commit is tried again. */
const mostRefusals = 20;
/** About a week of a server that is away. */
const mostAttempts = 1_000;
const mostDescription = 140;

const gitlabStates = { pending: "pending", success: "success", failure: "failed", error: "failed" } as const;

export interface StatusRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function statusRequest(status: DueStatus, settings: StatusSettings, token: string): StatusRequest {
  const { format, api, repository, url } = settings;
  const base = api.replace(/\/+$/, "");
  const target =
    url === undefined || status.action === null
      ? {}
      : { target_url: `${url.replace(/\/+$/, "")}/v1/actions/${status.action}` };
  const description = shortened(status.description);
  const common = { "content-type": "application/json", "user-agent": "portcullis" };
  if (format === "github") {
    const path = `/repos/${repository}/statuses/${status.commit}`;
    const headers = {
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
      authorization: `Bearer ${token}`,
    };
    const body = { state: status.state, ...target, description, context: status.context };
    return { url: base + path, headers: { ...common, ...headers }, body: JSON.stringify(body) };
  }
  const path = `/projects/${encodeURIComponent(repository)}/statuses/${status.commit}`;
  const body = { state: gitlabStates[status.state], name: status.context, ...target, description };
  return { url: base + path, headers: { ...common, "private-token": token }, body: JSON.stringify(body) };
}

function shortened(text: string): string {
  const letters = Array.from(text.replace(/\s+/g, " "));
  return letters.length <= mostDescription ? letters.join("") : `${letters.slice(0, mostDescription - 1).join("")}…`;
}

export interface Sending {
  readonly store: Pick<Gitops, "dueStatuses" | "statusSent" | "postponeStatus">;
  readonly repository: string;
  readonly settings: StatusSettings;
  readonly token: string;
  readonly caFile: string | null;
  /** False when another process sends them, or this one ends. */
  readonly goOn: () => boolean;
  readonly log: Logger;
}

/** Never throws for what the server does: that is tried again later. A server that is away is asked once. */
export async function sendStatuses(sending: Sending): Promise<void> {
  const { store, repository, settings, token, log } = sending;
  for (const status of await store.dueStatuses(repository, atOnce)) {
    if (!sending.goOn()) return;
    const problem = await sendOne(statusRequest(status, settings, token), sending);
    if (problem === null) {
      await store.statusSent(status);
      continue;
    }
    const { reason } = problem;
    const isOver = status.attempts >= (problem.isRefusal ? mostRefusals : mostAttempts);
    log.warn({ repository, commit: status.commit, reason, isOver }, "gitops: a commit status was not taken");
    if (isOver) await store.statusSent(status);
    else await store.postponeStatus(status, problem.retryMs ?? Math.min(longestDelayMs, 1_000 * 2 ** status.attempts));
    if (!problem.isRefusal) return;
  }
}

interface NotTaken {
  readonly reason: string;
  readonly retryMs: number | null;
  /** Of this status: others may be taken. */
  readonly isRefusal: boolean;
}

async function sendOne(request: StatusRequest, { settings, caFile }: Sending): Promise<NotTaken | null> {
  try {
    const answer = await post({ ...request, timeoutMs, allowHttp: settings.insecureHttp ?? false, caFile });
    const { status, retryAfterMs } = answer;
    if ((status >= 200 && status < 300) || isThere(answer)) return null;
    const isRefusal = status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
    return { reason: `the server answered ${status}`, retryMs: retryAfterMs, isRefusal };
  } catch (error) {
    return { reason: messageOf(error), retryMs: null, isRefusal: false };
  }
}

/** GitLab refuses a state that a commit has already. */
function isThere({ status, text }: Answer): boolean {
  return status === 400 && text.includes("Cannot transition status via");
}
