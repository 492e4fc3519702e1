// One look at a repository of desired environments: what a commit changes is asked of the gate, what was allowed is run, what drifted
// is brought back by the same road. Which action a commit and a path have is written down before it is asked for.
import { createHash } from "node:crypto";
import type { Caller } from "../../audit/trail.js";
import { messageOf, PortcullisError } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import { printable } from "../../printable.js";
import { redactText } from "../../redact.js";
import type { CommitStatus, Gitops, GitopsPath } from "../../store/gitops.js";
import type { Actions, StoredAction } from "../actions.js";
import type { Decision } from "../decision.js";
import { DesiredFileError, parseDesired, type Asked, type Desired } from "./desired-file.js";
import type { Git, GitFile } from "./git.js";
import type { RepositorySettings } from "./gitops-settings.js";

export interface ReconcileOptions {
  readonly settings: RepositorySettings;
  readonly git: Git;
  readonly store: Gitops;
  readonly actions: Pick<Actions, "kinds" | "decide" | "request" | "get" | "reject">;
  /** Runs an action that is ready, at once or soon. */
  readonly run: (id: string, caller: Caller) => Promise<void>;
  /** False when another process has taken over, or this one ends. */
  readonly goOn: () => Promise<boolean>;
  readonly log: Logger;
}

const mostFiles = 10_000;
const mostFileBytes = 256 * 1024;
const minute = 60_000;

export async function reconcile(options: ReconcileOptions): Promise<void> {
  await new Reconciler(options).look();
}

class Reconciler {
  readonly #options: ReconcileOptions;
  readonly #name: string;
  readonly #main: string;
  readonly #folder: string;
  readonly #caller: Caller;
  #problem: unknown = null;

  constructor(options: ReconcileOptions) {
    this.#options = options;
    const { name, branch = "main", folder = "environments" } = options.settings;
    this.#name = name;
    this.#main = branch;
    this.#folder = folder;
    this.#caller = { actor: { name: `gitops:${name}`, source: "git" }, origin: "gitops" };
  }

  /** Throws at the end what kept it from seeing everything; the rest was done all the same. */
  async look(): Promise<void> {
    const { git, store } = this.#options;
    const heads = await git.heads();
    for (const branch of [this.#main, ...this.#previews(heads)]) {
      const head = heads.get(branch);
      if (head !== undefined && head !== (await store.head(this.#name, branch))) await this.#branch(branch);
    }
    if (!heads.has(this.#main))
      this.#note(new PortcullisError("provider-unavailable", `gitops: ${this.#name} has no branch ${this.#main}`));
    for (const branch of await store.branches(this.#name))
      if (branch !== this.#main && !heads.has(branch)) await store.forgetBranch(this.#name, branch);
    await this.#followUp();
    await this.#drift();
    if (this.#problem !== null) throw this.#problem as Error;
  }

  #previews(heads: ReadonlyMap<string, string>): string[] {
    const fits = (branch: string): boolean =>
      (this.#options.settings.previews ?? []).some((one) =>
        one.endsWith("*") ? branch.startsWith(one.slice(0, -1)) : branch === one,
      );
    const isSafe = (branch: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/.test(branch);
    return [...heads.keys()].filter((branch) => branch !== this.#main && isSafe(branch) && fits(branch)).slice(0, 200);
  }

  /** What is there once more is not lost: the next look comes back to it. */
  #note(error: unknown): void {
    this.#problem ??= error;
  }

  async #branch(branch: string): Promise<void> {
    const { git, store } = this.#options;
    const commit = await git.fetch(branch);
    const before = this.#problem;
    let files: readonly GitFile[];
    try {
      files = await git.files(commit, this.#folder, mostFiles);
    } catch (error) {
      if (!(error instanceof PortcullisError) || error.code !== "usage") throw error;
      await this.#tell({ commit, path: this.#folder }, { state: "error", text: error.message });
      await store.keepHead(this.#name, branch, commit);
      return;
    }
    const known = new Map((await store.paths(this.#name, branch)).map((one) => [one.path, one]));
    for (const file of await this.#changed(branch, files, known)) {
      if (!(await this.#options.goOn())) return;
      await this.#guarded(() => this.#file({ branch, commit, file, known: known.get(file.path) ?? null }));
    }
    if (branch === this.#main) await this.#removals(commit, files, [...known.values()]);
    if (this.#problem === before) await store.keepHead(this.#name, branch, commit);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#note(error);
      this.#options.log.warn({ err: error, repository: this.#name }, "gitops: a file could not be looked at yet");
    }
  }

  /** A branch differs from what the main one has; the main one from what it had. */
  async #changed(
    branch: string,
    files: readonly GitFile[],
    known: ReadonlyMap<string, GitopsPath>,
  ): Promise<GitFile[]> {
    const main = branch === this.#main ? [] : await this.#options.store.paths(this.#name, this.#main);
    const there = new Map(main.map(({ path, blob }) => [path, blob]));
    return files.filter(({ path, blob }) => {
      const own = known.get(path);
      if (own !== undefined) return own.blob !== blob || own.state === "asking";
      return there.get(path) !== blob;
    });
  }

  async #file({ branch, commit, file, known }: Touched): Promise<void> {
    const resumed = known?.state === "asking" && known.blob === file.blob && known.drifts === 0 ? known : null;
    if (resumed === null) await this.#supersede(known, commit);
    const id = actionId([this.#name, branch, file.path, resumed?.commit ?? commit]);
    const path: GitopsPath = resumed ?? {
      ...{ repository: this.#name, branch, path: file.path, blob: file.blob, commit, state: "asking", action: id },
      ...{ kind: null, parameters: null, removal: known?.removal ?? null, drifts: 0 },
    };
    await this.#options.store.keepPath(path);
    const desired = await this.#desired(file);
    if (typeof desired === "string") return this.#refuse(path, desired);
    const asked = { ...path, kind: desired.kind, parameters: desired.parameters, removal: desired.removal };
    if (branch === this.#main) await this.#ask(asked, desired, `commit ${path.commit} of ${branch}: ${path.path}`);
    else await this.#preview(asked, desired);
  }

  /** Text is what is wrong with it. */
  async #desired({ path, blob, mode, size }: GitFile): Promise<Desired | string> {
    const name = path.slice(this.#folder.length + 1);
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.ya?ml$/.test(name))
      return `${path}: expected a file NAME.yaml directly in ${this.#folder}, of letters, digits, dashes and underscores`;
    if (mode !== "100644" && mode !== "100755") return `${path}: expected a file and no link or submodule`;
    if (size > mostFileBytes) return `${path}: it is larger than 256 KiB`;
    try {
      return parseDesired(path, await this.#options.git.read(blob));
    } catch (error) {
      if (error instanceof DesiredFileError) return error.message;
      throw error;
    }
  }

  async #refuse(path: GitopsPath, text: string): Promise<void> {
    await this.#tell(path, { state: "error", text });
    await this.#options.store.keepPath({ ...path, state: "ended", action: null });
  }

  async #ask(path: GitopsPath, asked: Asked, reason: string): Promise<void> {
    const { actions, store } = this.#options;
    const { action: id } = path;
    if (id === null) return;
    const action = await this.#orRefusal(path, async () => {
      const known = await actions.get(id);
      const requester = { ...this.#caller.actor, roles: [] };
      return (
        known ?? (await actions.request({ ...asked, reason: reason.slice(0, 2_000) }, requester, this.#caller, id))
      );
    });
    if (action === null) return;
    const waiting: GitopsPath = { ...path, state: "waiting" };
    await store.keepPath(waiting);
    await this.#follow(waiting, action);
  }

  /** What is wrong with what the file asks for is its result; what is away is tried again. */
  async #orRefusal<T>(path: GitopsPath, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      const isTheirs =
        error instanceof PortcullisError && ["usage", "config-invalid", "input-unreadable"].includes(error.code);
      if (!isTheirs) throw error;
      await this.#refuse(path, `${path.path}: ${messageOf(error)}`);
      return null;
    }
  }

  async #preview(path: GitopsPath, { kind, parameters }: Asked): Promise<void> {
    const reason = `preview of commit ${path.commit} of ${path.branch}: ${path.path}`.slice(0, 2_000);
    const requester = { ...this.#caller.actor, roles: [] };
    const decided = await this.#orRefusal(path, () =>
      this.#options.actions.decide({ kind, parameters, reason }, requester, this.#caller),
    );
    if (decided === null) return;
    const { plan, decision } = decided;
    await this.#tell({ ...path, action: null }, { ...shownDecision(decision), prefix: `${plan.steps.length} steps; ` });
    await this.#options.store.keepPath({ ...path, state: "ended", action: null });
  }

  /** What an earlier commit asked for and did not get is not wanted any more. */
  async #supersede(path: GitopsPath | null, commit: string): Promise<void> {
    if (path?.action == null || path.state === "applied" || path.state === "ended") return;
    const action = await this.#options.actions.get(path.action);
    if (action?.state !== "needs-approval" && action?.state !== "ready") return;
    await this.#options.actions
      .reject(action.id, `commit ${commit} came after it`, this.#caller)
      .catch((error: unknown) => {
        if (!(error instanceof PortcullisError) || error.code !== "usage") throw error;
      });
    await this.#tell(path, { state: "error", text: `commit ${commit} came after it` });
  }

  async #removals(commit: string, files: readonly GitFile[], known: readonly GitopsPath[]): Promise<void> {
    const there = new Set(files.map(({ path }) => path));
    const gone = known.filter(({ path, blob, state }) => !there.has(path) && (blob !== "" || state === "asking"));
    if (gone.length === 0) return;
    if (files.length === 0) {
      const text = `${this.#folder} is empty: nothing is destroyed for that; leave a file there, or destroy by hand`;
      await this.#tell({ commit, path: this.#folder }, { state: "error", text });
      return;
    }
    for (const path of gone) {
      if (!(await this.#options.goOn())) return;
      await this.#guarded(() => this.#remove(path, commit));
    }
  }

  async #remove(path: GitopsPath, commit: string): Promise<void> {
    const resumed = path.state === "asking" && path.blob === "" ? path : null;
    if (resumed === null) await this.#supersede(path, commit);
    const at = resumed?.commit ?? commit;
    const removed: GitopsPath = {
      ...path,
      ...{ blob: "", commit: at, state: "asking", drifts: 0 },
      action: actionId([this.#name, path.branch, path.path, at, "removed"]),
    };
    await this.#options.store.keepPath(removed);
    const { removal } = removed;
    if (removal === null) return this.#refuse(removed, `${path.path} was removed, and nothing says how that is undone`);
    const kept = { ...removed, kind: removal.kind, parameters: removal.parameters };
    await this.#ask(kept, removal, `commit ${at} of ${path.branch} removed ${path.path}`);
  }

  async #followUp(): Promise<void> {
    for (const path of await this.#options.store.paths(this.#name, this.#main)) {
      if (path.state !== "waiting" || path.action === null) continue;
      if (!(await this.#options.goOn())) return;
      const { action: id } = path;
      await this.#guarded(async () => {
        const action = await this.#options.actions.get(id);
        if (action !== null) await this.#follow(path, action);
      });
    }
  }

  async #follow(path: GitopsPath, action: StoredAction): Promise<void> {
    if (action.state === "ready") {
      await this.#options.run(action.id, this.#caller);
      const now = (await this.#options.actions.get(action.id)) ?? action;
      return this.#settle(path, now);
    }
    await this.#settle(path, action);
  }

  async #settle(path: GitopsPath, action: StoredAction): Promise<void> {
    await this.#tell(path, shownAction(action));
    const isOver = ["denied", "rejected", "expired", "failed", "rolled-back"].includes(action.state);
    const state = action.state === "succeeded" ? "applied" : isOver ? "ended" : "waiting";
    if (state !== path.state) await this.#options.store.keepPath({ ...path, state });
  }

  /** What is not as the file says although nobody committed it. */
  async #drift(): Promise<void> {
    const every = (this.#options.settings.drift ?? 60) * minute;
    if (every === 0) return;
    for (const path of await this.#options.store.driftDue(this.#name, this.#main, every)) {
      if (!(await this.#options.goOn())) return;
      await this.#guarded(() => this.#driftOf(path));
    }
  }

  async #driftOf(path: GitopsPath): Promise<void> {
    const { actions, log, store } = this.#options;
    const { kind: name, parameters } = path;
    const kind = name === null ? undefined : actions.kinds.get(name);
    if (kind === undefined || name === null || parameters === null) return;
    const context = { action: path.action ?? "drift", say: () => undefined, signal: AbortSignal.timeout(15 * minute) };
    const { steps, problems } = await kind.plan(parameters, context);
    if (problems.length > 0)
      throw new PortcullisError("provider-unavailable", `${path.path}: ${problems.slice(0, 3).join("; ")}`);
    if (steps.length === 0) return;
    log.warn({ repository: this.#name, path: path.path, steps: steps.length }, "gitops: it drifted from its file");
    const drifts = path.drifts + 1;
    const action = actionId([this.#name, path.branch, path.path, path.commit, `drift ${drifts}`]);
    const asking: GitopsPath = { ...path, drifts, action, state: "asking" };
    await store.keepPath(asking);
    await this.#ask(
      asking,
      { kind: name, parameters },
      `${path.path} drifted from commit ${path.commit} of ${path.branch}`,
    );
  }

  async #tell(
    { commit, path, action = null }: Pick<GitopsPath, "commit" | "path"> & { readonly action?: string | null },
    { state, text, prefix = "" }: Shown & { readonly prefix?: string },
  ): Promise<void> {
    const description = printable(redactText(`${prefix}${text}`)).slice(0, 1_000);
    const context = `portcullis/${printable(path)}`.slice(0, 200);
    await this.#options.store.keepStatus({ repository: this.#name, commit, context, state, description, action });
  }
}

interface Touched {
  readonly branch: string;
  readonly commit: string;
  readonly file: GitFile;
  readonly known: GitopsPath | null;
}

/** The same for the same commit and path, whichever process asks. */
function actionId(parts: readonly string[]): string {
  return `G-${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 40)}`;
}

interface Shown {
  readonly state: CommitStatus["state"];
  readonly text: string;
}

function shownDecision({ answer, reasons }: Decision): Shown {
  const state = ({ allow: "success", deny: "failure", "needs-approval": "pending" } as const)[answer];
  return { state, text: [answer, ...reasons].join(": ") };
}

function shownAction({ state, message, decision }: StoredAction): Shown {
  const why = message ?? decision.reasons.join("; ");
  switch (state) {
    case "succeeded":
      return { state: "success", text: "applied and verified" };
    case "ready":
    case "running":
    case "rolling-back":
      return { state: "pending", text: state };
    case "needs-approval":
      return {
        state: "pending",
        text: `needs approval: ${decision.approval?.roles.join(", ") ?? "nobody can give it"}`,
      };
    case "denied":
    case "rejected":
      return { state: "failure", text: `${state}: ${why}` };
    default:
      return { state: "error", text: `${state}: ${why}` };
  }
}
