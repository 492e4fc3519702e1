// Everything that can be done with actions, put together of the gate, the journal and the kinds. It decides nothing itself but what
// the decision of the gate means for the state of an action.
import type { Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import { PortcullisError } from "../errors.js";
import type { PendingEvent } from "../events/outbox.js";
import type { ActionContext, ActionKind, ActionRequest, Plan } from "./action.js";
import type { ActionSettings } from "./action-settings.js";
import type { ActionQuery, Actions, Stop, StoredAction } from "./actions.js";
import { asksMore } from "./asks-more.js";
import type { Decision, Gate, Requester } from "./decision.js";
import { whileClaimed } from "./held-claim.js";
import type { Claim, Journal, NewAction } from "./journal.js";
import { canaryFault, runLimits, type RunLimits } from "./limits.js";
import { parameterFault } from "./parameters.js";
import { planHash } from "./plan-hash.js";
import { rollbackDecision, rollbackPlan } from "./rollback.js";
import { runAction } from "./run-action.js";

export interface ActionsOptions {
  readonly journal: Journal;
  readonly gate: Gate;
  readonly kinds: ReadonlyMap<string, ActionKind>;
  readonly settings: ActionSettings | undefined;
  readonly clock: Clock;
  /** What others are told when an action has ended. */
  readonly eventsOf: (action: StoredAction) => readonly PendingEvent[];
}

export interface OpenedActions extends Actions {
  /** Ends what runs here so that another process goes on with it, or this one when it starts again. May be called twice. */
  close(): Promise<void>;
}

export function createActions(options: ActionsOptions): OpenedActions {
  return new GatedActions(options);
}

/** What the service would ask for under an id that somebody took is never asked for. */
const reserved = /^(?:auto|event|expire|g)-/i;
const chosenBy: ReadonlySet<Requester["source"]> = new Set(["os-user", "database-role", "token"]);

class GatedActions implements OpenedActions {
  readonly kinds: ReadonlyMap<string, ActionKind>;
  readonly #options: ActionsOptions;
  readonly #journal: Journal;
  readonly #limits: RunLimits;
  readonly #holder: string;
  readonly #stopping = new AbortController();
  readonly #runs = new Set<Promise<unknown>>();

  constructor(options: ActionsOptions) {
    this.#options = options;
    this.kinds = options.kinds;
    this.#journal = options.journal;
    this.#limits = runLimits(options.settings);
    this.#holder = options.clock.newId();
  }

  async decide(request: ActionRequest, requester: Requester, caller: Caller) {
    const asked = await this.#proposed(request, requester, this.#options.clock.newId());
    await this.#journal.noteDecision(asked, caller);
    return { plan: asked.plan, decision: asked.decision };
  }

  async request(request: ActionRequest, requester: Requester, caller: Caller, id?: string): Promise<StoredAction> {
    const own = id ?? `A-${this.#options.clock.newId()}`;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(own))
      throw new PortcullisError(
        "usage",
        "the id of an action is of at most 100 letters, digits, dots, dashes and underscores",
      );
    if (reserved.test(own) && chosenBy.has(requester.source))
      throw new PortcullisError(
        "usage",
        `the id ${own} is of those that the service gives: expected another beginning`,
      );
    return this.#journal.keep(await this.#proposed(request, requester, own), caller);
  }

  approve(
    id: string,
    shown: { readonly decision: string; readonly planHash: string },
    requester: Requester,
    caller: Caller,
  ): Promise<StoredAction> {
    return this.#journal.approve(id, shown, { requester, caller });
  }

  reject(id: string, reason: string, caller: Caller): Promise<StoredAction> {
    return this.#journal.reject(id, reason, caller);
  }

  async run(id: string, caller: Caller): Promise<StoredAction> {
    const action = await this.#found(id);
    if (action.state === "needs-approval")
      throw new PortcullisError("usage", `action ${id} needs approval: ${approversOf(action.decision)}`);
    if (action.state !== "ready" && action.state !== "paused")
      throw new PortcullisError("usage", `action ${id} is ${action.state}: only what is ready or paused is run`);
    const decided =
      action.state === "ready" ? await this.#planAgain(action, caller) : await this.#decidePaused(action, caller);
    if (!(await this.#journal.mayDo(id, "run"))) return decided;
    return this.#start(decided, "running", caller);
  }

  async rollback(
    id: string,
    reason: string,
    { roles = [], ...caller }: Parameters<Actions["rollback"]>[2],
  ): Promise<StoredAction> {
    const action = await this.#found(id);
    if (action.state !== "succeeded" && action.state !== "paused" && action.state !== "failed")
      throw new PortcullisError(
        "usage",
        `action ${id} is ${action.state}: only what succeeded, is paused or failed is rolled back`,
      );
    if (!(await this.#journal.mayDo(id, "rollback"))) {
      const decided = await this.#decideRollback(action, { reason, roles }, caller);
      if (decided.decision.answer === "needs-approval") return decided;
      if (decided.decision.answer === "deny")
        throw new PortcullisError(
          "usage",
          `action ${id} may not be rolled back: ${decided.decision.reasons.join("; ")}`,
        );
    }
    return this.#start(action, "rolling-back", caller);
  }

  get(id: string): Promise<StoredAction | null> {
    return this.#journal.get(id);
  }

  list(query: ActionQuery): ReturnType<Actions["list"]> {
    return this.#journal.list(query);
  }

  async recover(): Promise<number> {
    const kinds = [...this.kinds.keys()];
    let count = 0;
    while (!this.#stopping.signal.aborted) {
      const claim = await this.#journal.takeOver(kinds, this.#holder, this.#limits.leaseMs);
      if (claim === null) return count;
      count++;
      await this.#carryOut(claim);
    }
    return count;
  }

  stop(reason: string, caller: Caller): Promise<void> {
    return this.#journal.stop(reason, caller);
  }

  release(caller: Caller): Promise<void> {
    return this.#journal.release(caller);
  }

  stopped(): Promise<Stop | null> {
    return this.#journal.stopped();
  }

  async close(): Promise<void> {
    this.#stopping.abort(
      new PortcullisError("store-unavailable", "the process stops: the action goes on when another takes it over"),
    );
    await Promise.allSettled(this.#runs);
  }

  /** The world is read again, and what is known of it now is what is decided on. */
  async #planAgain(action: StoredAction, caller: Caller): Promise<StoredAction> {
    const { id, kind, parameters, reason, requester, decision: before } = action;
    const asked = await this.#proposed({ kind, parameters, reason }, requester, id);
    const isSame = asked.decision.planHash === before.planHash;
    const stillCounts = isSame && (await this.#journal.mayDo(id, "run"));
    if (stillCounts && !asksMore(asked.decision, before)) return action;
    const why = isSame
      ? "it was decided again"
      : "what is there changed since it was planned, and it was decided again";
    const { answer, reasons } = asked.decision;
    const state = ({ allow: "ready", deny: "expired", "needs-approval": "needs-approval" } as const)[answer];
    const message = answer === "allow" ? null : `${why}: ${reasons.join("; ") || answer}`;
    return this.#journal.decideAgain(id, { purpose: "run", ...asked, state, message }, caller);
  }

  /** Its plan stays: part of it was done. */
  async #decidePaused(action: StoredAction, caller: Caller): Promise<StoredAction> {
    const { id, kind, parameters, reason, requester, plan } = action;
    const { module } = this.#kind(kind);
    const decision = await this.#options.gate.decide({ action: id, kind, module, parameters, reason, requester, plan });
    const may = await this.#journal.mayDo(id, "run");
    if (may && !asksMore(decision, action.decision)) return action;
    const { answer, reasons } = decision;
    const message = answer === "allow" ? action.message : `${answer}: ${reasons.join("; ")}`;
    return this.#journal.decideAgain(id, { purpose: "run", decision, plan: null, state: null, message }, caller);
  }

  async #decideRollback(
    action: StoredAction,
    { reason, roles }: { readonly reason: string; readonly roles: readonly string[] },
    caller: Caller,
  ): Promise<StoredAction> {
    const { id, kind, parameters } = action;
    const requester = { ...caller.actor, roles };
    const plan = rollbackPlan(action);
    const { module } = this.#kind(kind);
    const asked = { action: id, kind, module, parameters, reason, requester, plan };
    const answered = await this.#options.gate.decide({ ...asked, purpose: "rollback" });
    const decision = rollbackDecision(answered, action);
    return this.#journal.decideAgain(
      id,
      { purpose: "rollback", decision, plan: null, state: null, message: action.message },
      caller,
    );
  }

  async #proposed(
    { kind: name, parameters, reason }: ActionRequest,
    requester: Requester,
    id: string,
  ): Promise<NewAction> {
    const kind = this.#kind(name);
    const fault = parameterFault(kind.parameters, parameters);
    if (fault !== null)
      throw new PortcullisError("usage", `the parameters of ${name} are not as they have to be: ${fault}`);
    const plan = await kind.plan(parameters, this.#context(id));
    const { module } = kind;
    const asked = { kind: name, module, parameters, reason, requester, plan };
    const decision = limited(await this.#options.gate.decide({ action: id, ...asked }), plan, this.#limits);
    return { id, ...asked, decision: bindingTo(decision, asked) };
  }

  #context(action: string): ActionContext {
    return { action, say: () => undefined, signal: this.#stopping.signal };
  }

  #kind(name: string): ActionKind {
    const kind = this.kinds.get(name);
    if (kind !== undefined) return kind;
    const known = [...this.kinds.keys()].toSorted().join(", ");
    throw new PortcullisError("usage", `there is no kind of action ${name.slice(0, 100)}; expected one of: ${known}`);
  }

  async #found(id: string): Promise<StoredAction> {
    const action = await this.#journal.get(id);
    if (action !== null) return action;
    throw new PortcullisError("usage", `there is no action ${id.slice(0, 100)}; see: portcullis actions list`);
  }

  async #start(action: StoredAction, state: "running" | "rolling-back", caller: Caller): Promise<StoredAction> {
    this.#kind(action.kind);
    const { leaseMs, breaker } = this.#limits;
    const claim = await this.#journal.begin(action.id, { state, holder: this.#holder, leaseMs, breaker }, caller);
    return this.#carryOut(claim);
  }

  #carryOut(claim: Claim): Promise<StoredAction> {
    const run = this.#claimed(claim);
    this.#runs.add(run);
    return run.finally(() => this.#runs.delete(run));
  }

  async #claimed(claim: Claim): Promise<StoredAction> {
    const { journal, gate, eventsOf } = this.#options;
    const holding = { journal, leaseMs: this.#limits.leaseMs, stopping: this.#stopping.signal };
    return whileClaimed(claim, holding, async (signal) => {
      const action = await this.#found(claim.action);
      return runAction({ journal, gate, kind: this.#kind(action.kind), claim, signal, eventsOf }, action);
    });
  }
}

/** What the gate answers is about this plan, or it is about nothing. */
function bindingTo(
  decision: Decision,
  { kind, parameters, plan }: Pick<NewAction, "kind" | "parameters" | "plan">,
): Decision {
  if (decision.answer === "deny" || decision.planHash === planHash(kind, parameters, plan)) return decision;
  throw new PortcullisError("internal", `the decision ${decision.id} is about another plan`);
}

function limited(decision: Decision, plan: Plan, { canary }: RunLimits): Decision {
  const fault = canaryFault(plan, canary);
  if (fault === null) return decision;
  return { ...decision, answer: "deny", approval: null, reasons: [fault, ...decision.reasons] };
}

function approversOf({ id, planHash: hash, approval }: Decision): string {
  const who = approval === null ? "nobody can give it" : `${approval.count} of ${approval.roles.join(", ")}`;
  return `${who}; decision ${id}, plan ${hash}`;
}
