// One look at a repository of desired environments: what a commit changes is asked of the gate, what was allowed is run, what drifted
// is brought back by the same road. Which action a commit and a path have is written down before it is asked for.
import { createHash } from "node:crypto";
import type { Caller } from "../../audit/trail.js";
import { messageOf, PortcullisError } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import { printable } from "../../printable.js";
import { redactText } from "../../redact.js";
import { LostPath, type Gitops, type GitopsPath } from "../../store/gitops.js";
import type { Actions, StoredAction } from "../actions.js";
import { DesiredFileError, parseDesired, type Asked, type Desired } from "./desired-file.js";
import type { Git, GitFile } from "./git.js";
import { mainOf, type RepositorySettings } from "./gitops-settings.js";
import { wantedBy, wantedElsewhere, wishesOf, type Wanted } from "./same-wish.js";
import { contextOf, shownDecision, shownResult, type Shown } from "./shown-result.js";

export interface ReconcileOptions {
  readonly settings: RepositorySettings;
  /** The other repositories that are looked at. */
  readonly others: readonly RepositorySettings[];
  readonly git: Git;
  readonly store: Gitops;
  readonly actions: Pick<Actions, "kinds" | "decide" | "request" | "get" | "reject">;
  /** Runs an action that is ready, at once or soon. */
  readonly run: (id: string, caller: Caller) => Promise<void>;
  /** False when another process has taken over, or this one ends. */
  readonly goOn: () => boolean;
  readonly log: Logger;
}

const mostFiles = 10_000;
const mostFileBytes = 256 * 1024;
/** Longer ones cannot be told apart in the store. */
const longestPath = 1_000;
const minute = 60_000;

/** Whether something runs whose end is to be told soon. */
export function reconcile(options: ReconcileOptions): Promise<boolean> {
  return new Reconciler(options).look();
}

/** A commit of a branch as it is gone through. */
interface Look extends Wanted {
  readonly branch: string;
  readonly commit: string;
  readonly known: Map<string, GitopsPath>;
}

class Reconciler {
  readonly #options: ReconcileOptions;
  readonly #name: string;
  readonly #main: string;
  readonly #folder: string;
  readonly #caller: Caller;
  #problem: unknown = null;
  #isRunning = false;

  constructor(options: ReconcileOptions) {
    this.#options = options;
    const { name, folder = "environments" } = options.settings;
    this.#name = name;
    this.#main = mainOf(options.settings);
    this.#folder = folder;
    this.#caller = { actor: { name: `gitops:${name}`, source: "git" }, origin: "gitops" };
  }

  /** Throws at the end what kept it from seeing everything; the rest was done all the same. */
  async look(): Promise<boolean> {
    const { git, store } = this.#options;
    const heads = await git.heads();
    const main = heads.get(this.#main);
    if (main === undefined)
      this.#note(new PortcullisError("provider-unavailable", `gitops: ${this.#name} has no branch ${this.#main}`));
    // What was decided before is not run while it is not known what the main branch says now.
    else await this.#branch(this.#main, main);
    for (const [branch, head] of this.#previews(heads)) await this.#guarded(() => this.#branch(branch, head));
    for (const branch of await store.branches(this.#name))
      if (branch !== this.#main && !heads.has(branch)) await store.forgetBranch(this.#name, branch);
    await this.#followUp();
    await this.#drift();
    if (this.#problem !== null) throw this.#problem as Error;
    return this.#isRunning;
  }

  #previews(heads: ReadonlyMap<string, string>): (readonly [string, string])[] {
    const fits = (branch: string): boolean =>
      (this.#options.settings.previews ?? []).some((one) =>
        one.endsWith("*") ? branch.startsWith(one.slice(0, -1)) : branch === one,
      );
    const isSafe = (branch: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/.test(branch);
    return [...heads].filter(([branch]) => branch !== this.#main && isSafe(branch) && fits(branch)).slice(0, 200);
  }

  /** What is there once more is not lost: the next look comes back to it. */
  #note(error: unknown): void {
    this.#problem ??= error;
  }

  #demandToGoOn(): void {
    if (this.#options.goOn()) return;
    throw new PortcullisError(
      "store-unavailable",
      `gitops: the look at ${this.#name} was not ended: another process has it, or this one ends`,
    );
  }

  async #branch(branch: string, head: string): Promise<void> {
    const { git, store } = this.#options;
    if (head === (await store.head(this.#name, branch))) return;
    this.#demandToGoOn();
    let commit = head;
    let files: readonly GitFile[];
    try {
      commit = await git.fetch(branch);
      files = await git.files(commit, this.#folder, mostFiles);
    } catch (error) {
      if (!(error instanceof PortcullisError) || error.code !== "usage") throw error;
      await this.#tell({ commit, path: this.#folder }, { state: "error", text: error.message });
      if (branch === this.#main) throw error;
      return store.keepHead(this.#name, branch, commit);
    }
    const before = this.#problem;
    const known = new Map((await store.paths(this.#name, branch)).map((one) => [one.path, one]));
    const elsewhere = await wantedElsewhere(store, this.#options.others);
    const look: Look = { branch, commit, known, elsewhere, files: await this.#named(commit, files) };
    for (const file of await this.#changed(look)) {
      this.#demandToGoOn();
      await this.#guarded(() => this.#file(look, file), { commit, path: file.path });
    }
    // What could not be looked at may be what a removed file became.
    if (branch === this.#main && this.#problem === before) await this.#removals(look);
    if (this.#problem === before) await store.keepHead(this.#name, branch, commit);
  }

  async #named(commit: string, files: readonly GitFile[]): Promise<ReadonlyMap<string, GitFile>> {
    const named = files.filter(({ path }) => Buffer.byteLength(path) <= longestPath);
    const text = `${this.#folder}: ${files.length - named.length} names are longer than ${longestPath} bytes`;
    if (named.length < files.length) await this.#tell({ commit, path: this.#folder }, { state: "error", text });
    return new Map(named.map((file) => [file.path, file]));
  }

  /** What is away now is tried again; beside the commit stands meanwhile why a file waits. */
  async #guarded(work: () => Promise<void>, at?: Pick<GitopsPath, "commit" | "path">): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.warn({ err: error, repository: this.#name }, "gitops: something could not be looked at yet");
      if (at === undefined || !(error instanceof PortcullisError) || error.code !== "provider-unavailable") {
        this.#note(error);
        return;
      }
      const text = `${at.path}: ${error.message}`;
      this.#note(new PortcullisError(error.code, text, { cause: error }));
      await this.#tell(at, { state: "pending", text: `not looked at yet: ${text}` });
    }
  }

  /** A branch differs from what the main one has; the main one from what it had. */
  async #changed({ branch, files, known }: Look): Promise<GitFile[]> {
    const main = branch === this.#main ? [] : await this.#options.store.paths(this.#name, this.#main);
    const there = new Map(main.map(({ path, blob }) => [path, blob]));
    return [...files.values()].filter(({ path, blob }) => {
      const own = known.get(path);
      if (own !== undefined) return own.blob !== blob || own.state === "asking";
      return there.get(path) !== blob;
    });
  }

  async #keep(path: GitopsPath, before: GitopsPath | null): Promise<GitopsPath> {
    await this.#options.store.keepPath(path, before);
    return path;
  }

  async #file(look: Look, file: GitFile): Promise<void> {
    const { branch, commit, known } = look;
    const before = known.get(file.path) ?? null;
    const isResumed = before?.state === "asking" && before.blob === file.blob && before.drifts === 0;
    const asking = isResumed ? before : await this.#begin({ branch, commit, file, before });
    const desired = await this.#desired(file);
    if (typeof desired === "string") {
      known.set(file.path, await this.#refuse(asking, desired));
      return;
    }
    const { kind, parameters, removal } = desired;
    const asked: GitopsPath = { ...asking, kind, parameters, removal };
    const other = wantedBy(desired, look, file.path);
    if (other !== null) {
      const text = `${file.path}: it asks for the same as ${other}; expected one file for it`;
      // It counts as changed with every commit: the other one may go.
      known.set(file.path, await this.#refuse(asking, text, { blob: "" }));
      return;
    }
    known.set(file.path, asked);
    if (branch === this.#main) await this.#ask(asked, desired, `commit ${asked.commit} of ${branch}: ${file.path}`);
    else await this.#preview(asked, desired);
  }

  /** The id is made of the one before too: a branch that is forced back to a commit asks for it anew. */
  async #begin({ branch, commit, file, before }: Beginning): Promise<GitopsPath> {
    await this.#supersede(before, commit);
    const id = actionId([this.#name, branch, file.path, commit, before?.action ?? ""]);
    const asking: GitopsPath = {
      ...{ repository: this.#name, branch, path: file.path, blob: file.blob, commit, state: "asking", action: id },
      ...{ kind: null, parameters: null, removal: before?.removal ?? null, drifts: 0 },
    };
    return this.#keep(asking, before);
  }

  /** Text is what is wrong with it. */
  async #desired({ path, blob, mode, size }: GitFile): Promise<Desired | string> {
    if (!this.#isFileName(path))
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

  #isFileName(path: string): boolean {
    return /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.ya?ml$/.test(path.slice(this.#folder.length + 1));
  }

  async #refuse(path: GitopsPath, text: string, more: Partial<GitopsPath> = {}): Promise<GitopsPath> {
    await this.#tell({ ...path, action: null }, { state: "error", text });
    return this.#keep({ ...path, state: "ended", ...more }, path);
  }

  async #ask(path: GitopsPath, { kind, parameters }: Asked, reason: string): Promise<void> {
    const { actions } = this.#options;
    const { action: id } = path;
    if (id === null) return;
    const asked = { kind, parameters, reason: reason.slice(0, 2_000) };
    const action = await this.#orRefusal(path, async () => {
      const requester = { ...this.#caller.actor, roles: [] };
      return (await actions.get(id)) ?? (await actions.request(asked, requester, this.#caller, id));
    });
    if (action === null) return;
    const waiting = await this.#keep({ ...path, state: "waiting" }, path).catch(async (error: unknown) => {
      if (error instanceof LostPath) await this.#dropStale(path, action);
      throw error;
    });
    await this.#follow(waiting, action);
  }

  /** This process was slow: what it asked for nobody wants any more, unless another one asked for the same. */
  async #dropStale({ branch, path }: GitopsPath, { id, state }: StoredAction): Promise<void> {
    const now = (await this.#options.store.paths(this.#name, branch)).find((one) => one.path === path);
    if (now?.action === id || (state !== "ready" && state !== "needs-approval")) return;
    await this.#reject(id, "another commit came before it was asked for");
  }

  async #reject(id: string, reason: string): Promise<void> {
    await this.#options.actions.reject(id, reason, this.#caller).catch((error: unknown) => {
      if (!(error instanceof PortcullisError) || error.code !== "usage") throw error;
    });
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
    await this.#keep({ ...path, state: "ended" }, path);
  }

  /** What an earlier commit asked for and did not get is not wanted any more. */
  async #supersede(path: GitopsPath | null, commit: string): Promise<void> {
    if (path?.action == null || path.state === "applied" || path.state === "ended") return;
    const action = await this.#options.actions.get(path.action);
    if (action?.state === "running" || action?.state === "rolling-back")
      return this.#tell(path, { state: "error", text: `commit ${commit} came while it was ${action.state}` });
    if (action?.state !== "needs-approval" && action?.state !== "ready") return;
    await this.#reject(action.id, `commit ${commit} came after it`);
    await this.#tell(path, { state: "error", text: `commit ${commit} came after it` });
  }

  async #removals(look: Look): Promise<void> {
    const { commit, files, known } = look;
    const gone = [...known.values()].filter(
      ({ path, blob, state }) =>
        path.startsWith(`${this.#folder}/`) && !files.has(path) && (blob !== "" || state === "asking"),
    );
    if (gone.length === 0) return;
    if (files.size === 0) {
      const text = `${this.#folder} is empty: nothing is destroyed for that; leave a file there, or destroy by hand`;
      return this.#tell({ commit, path: this.#folder }, { state: "error", text });
    }
    const broken = [...known.values()].find(
      ({ path, kind, blob }) => files.has(path) && kind === null && blob !== "" && this.#isFileName(path),
    );
    for (const path of gone) {
      this.#demandToGoOn();
      await this.#guarded(() => this.#remove(look, path, broken?.path ?? null));
    }
  }

  async #remove(look: Look, path: GitopsPath, broken: string | null): Promise<void> {
    const { commit } = look;
    const isResumed = path.state === "asking" && path.blob === "";
    const heir = wishesOf(path).flatMap((wish) => wantedBy(wish, look, path.path) ?? [])[0];
    if (!isResumed && heir === undefined && broken !== null) {
      const text = `${path.path} was removed; nothing is done for that while ${broken} cannot be read`;
      return this.#tell({ commit, path: path.path }, { state: "error", text });
    }
    if (!isResumed) await this.#supersede(path, commit);
    const id = actionId([this.#name, path.branch, path.path, commit, "removed", path.action ?? ""]);
    const removed = isResumed
      ? path
      : await this.#keep({ ...path, blob: "", commit, state: "asking", drifts: 0, action: id }, path);
    if (heir !== undefined) {
      await this.#tell({ ...removed, action: null }, { state: "success", text: `${heir} is there instead` });
      await this.#keep({ ...removed, state: "ended" }, removed);
      return;
    }
    const { removal } = removed;
    if (removal === null) {
      await this.#refuse(removed, `${path.path} was removed, and nothing says how that is undone`);
      return;
    }
    const kept = { ...removed, kind: removal.kind, parameters: removal.parameters };
    await this.#ask(kept, removal, `commit ${removed.commit} of ${path.branch} removed ${path.path}`);
  }

  async #followUp(): Promise<void> {
    for (const path of await this.#options.store.paths(this.#name, this.#main)) {
      const { action: id, state, drifts } = path;
      if (id === null) continue;
      this.#demandToGoOn();
      // Somebody was about to ask for it when they were cut off.
      if (state === "asking" && drifts > 0) await this.#guarded(() => this.#askAgain(path));
      if (state !== "waiting") continue;
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
    await this.#tell(path, shownResult(action));
    if (["ready", "running", "rolling-back"].includes(action.state)) this.#isRunning = true;
    const isOver = ["denied", "rejected", "expired", "failed", "rolled-back"].includes(action.state);
    const state = action.state === "succeeded" ? "applied" : isOver ? "ended" : "waiting";
    if (state !== path.state) await this.#keep({ ...path, state }, path);
  }

  /** What is not as the file says although nobody committed it, and what was not allowed and may be by now. */
  async #drift(): Promise<void> {
    const every = (this.#options.settings.drift ?? 60) * minute;
    if (every === 0) return;
    for (const path of await this.#options.store.driftDue(this.#name, this.#main, every)) {
      this.#demandToGoOn();
      await this.#guarded(async () => {
        if (path.state === "applied" ? await this.#hasDrifted(path) : await this.#mayBeAskedAgain(path))
          await this.#bringBack(path);
      });
    }
  }

  async #hasDrifted(path: GitopsPath): Promise<boolean> {
    const { actions, log } = this.#options;
    const { kind: name, parameters } = path;
    const kind = name === null ? undefined : actions.kinds.get(name);
    if (kind === undefined || parameters === null) return false;
    const context = { action: path.action ?? "drift", say: () => undefined, signal: AbortSignal.timeout(15 * minute) };
    const { steps, problems } = await kind.plan(parameters, context);
    if (problems.length > 0)
      throw new PortcullisError("provider-unavailable", `${path.path}: ${problems.slice(0, 3).join("; ")}`);
    if (steps.length > 0)
      log.warn({ repository: this.#name, path: path.path, steps: steps.length }, "gitops: it drifted from its file");
    return steps.length > 0;
  }

  /** Not what failed or what a person rejected: that waits for a commit. */
  async #mayBeAskedAgain({ action }: GitopsPath): Promise<boolean> {
    const last = action === null ? null : await this.#options.actions.get(action);
    return last === null || last.state === "denied" || last.state === "expired";
  }

  async #bringBack(path: GitopsPath): Promise<void> {
    const drifts = path.drifts + 1;
    const action = actionId([
      ...[this.#name, path.branch, path.path, path.commit, `drift ${drifts}`, path.action ?? ""],
    ]);
    await this.#askAgain(await this.#keep({ ...path, drifts, action, state: "asking" }, path));
  }

  async #askAgain(path: GitopsPath): Promise<void> {
    const { kind, parameters, commit, branch } = path;
    if (kind === null || parameters === null) return;
    await this.#ask(path, { kind, parameters }, `${path.path} drifted from commit ${commit} of ${branch}`);
  }

  async #tell(
    { commit, path, action = null }: Pick<GitopsPath, "commit" | "path"> & { readonly action?: string | null },
    { state, text, prefix = "" }: Shown & { readonly prefix?: string },
  ): Promise<void> {
    const description = printable(redactText(`${prefix}${text}`)).slice(0, 1_000);
    const status = { repository: this.#name, commit, context: contextOf(path), state, description, action };
    await this.#options.store.keepStatus(status);
  }
}

interface Beginning extends Pick<Look, "branch" | "commit"> {
  readonly file: GitFile;
  readonly before: GitopsPath | null;
}

/** The same for the same commit, path and history, whichever process asks. */
function actionId(parts: readonly string[]): string {
  return `G-${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 40)}`;
}
