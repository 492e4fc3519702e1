// Does the run tasks that wait in the store: fetches the plan, has it judged, and tells HCP Terraform. What fails is tried again
// with growing waits, by this process or by another, until HCP Terraform has given up itself.
import type { Logger } from "../../observability/log.js";
import type { Metrics } from "../../observability/metrics.js";
import { traced } from "../../observability/trace.js";
import { messageOf } from "../../errors.js";
import type { JsonObject } from "../../json.js";
import type { Part } from "../../service/part.js";
import type { RunTasks, StoredRunTask } from "../../store/run-tasks.js";
import { NotNow, Refused, type HcpClient } from "./hcp-client.js";
import type { JudgeAnswer } from "./judge-plan.js";
import type { RunTaskDetails } from "./run-task-request.js";
import { callbackDocument, failedResult, type TaskResult } from "./run-task-result.js";
import { unseal } from "./sealed-token.js";

export interface RunTaskWorkerOptions {
  readonly tasks: RunTasks;
  readonly client: HcpClient;
  /** Judges a plan, and binds waivers unless it is a speculative one. */
  readonly judge: (plan: Buffer, task: RunTaskDetails, signal: AbortSignal) => Promise<JudgeAnswer>;
  readonly keys: readonly string[];
  readonly url: string | undefined;
  readonly concurrency: number;
  /** An id of this process. */
  readonly holder: string;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "decisionSeconds">;
  readonly timing?: Partial<Timing>;
}

export interface Timing {
  /** Between looks for tasks that others added, or that are due again. */
  readonly pollMs: number;
  readonly renewMs: number;
  /** HCP Terraform gives up after 10 minutes without a word. */
  readonly silentMs: number;
  /** And after an hour in all: then nobody waits for the answer. */
  readonly expiryMs: number;
  readonly firstRetryMs: number;
}

const minute = 60_000;
const defaultTiming: Timing = {
  pollMs: 2_000,
  renewMs: 20_000,
  silentMs: 4 * minute,
  expiryMs: 60 * minute,
  firstRetryMs: 1_000,
};
const longestRetryMs = minute;
/** A plan that cannot be had or judged so often is told as that. */
const mostAttempts = 8;

export class RunTaskWorker implements Part {
  readonly name = "run-tasks";
  readonly #options: RunTaskWorkerOptions;
  readonly #timing: Timing;
  readonly #abort = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #timers: NodeJS.Timeout[] = [];
  #isStopping = false;
  #trouble: string | null = null;

  constructor(options: RunTaskWorkerOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
  }

  async start(): Promise<void> {
    await this.#options.tasks.waiting();
    const { pollMs, renewMs, silentMs } = this.#timing;
    const every = (milliseconds: number, work: () => Promise<unknown>): NodeJS.Timeout =>
      setInterval(() => void this.#guarded(work), milliseconds);
    this.#timers = [
      every(pollMs, () => this.#fill()),
      every(renewMs, () => this.#options.tasks.renew(this.#options.holder)),
      every(Math.min(silentMs, minute), () => this.#breakSilence()),
    ];
    this.wake();
  }

  trouble(): Promise<string | null> {
    return Promise.resolve(this.#trouble);
  }

  /** There may be something to do. */
  wake(): void {
    void this.#guarded(() => this.#fill());
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    const grace = new Promise<void>((resolve) => this.#timers.push(setTimeout(resolve, graceMs)));
    await Promise.race([Promise.allSettled(this.#underWay), grace]);
    this.#abort.abort(new NotNow("the process ends"));
    await Promise.allSettled(this.#underWay);
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    await this.#guarded(() => this.#options.tasks.release(this.#options.holder));
    await this.#options.client.close();
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.#trouble = null;
    } catch (error) {
      this.#trouble = "the tasks cannot be read";
      this.#options.log.error({ err: error }, "run tasks: the store does not answer");
    }
  }

  /** Takes as many as there is room for. */
  async #fill(): Promise<void> {
    while (!this.#isStopping && this.#underWay.size < this.#options.concurrency) {
      const taking = this.#options.tasks.take(this.#options.holder);
      // The place is taken before the answer is there: two calls never take more than there is room for.
      const work = taking.then((task) => (task === null ? undefined : this.#work(task)));
      const settled = work.catch(() => undefined).finally(() => this.#underWay.delete(settled));
      this.#underWay.add(settled);
      if ((await taking) === null) return;
    }
  }

  async #work(stored: StoredRunTask): Promise<void> {
    const { log, tasks } = this.#options;
    const about = { run: stored.run, task: stored.id, attempt: stored.attempts };
    try {
      await traced("run-task", { "run.id": stored.run }, () => this.#answer(stored));
    } catch (error) {
      const wait = Math.min(longestRetryMs, this.#timing.firstRetryMs * 2 ** Math.min(stored.attempts - 1, 10));
      log.warn({ ...about, reason: messageOf(error) }, "run task: tried again later");
      await this.#guarded(() => tasks.postpone(stored.id, this.#isStopping ? 0 : wait));
    }
    this.wake();
  }

  /** Throws what is worth another try. */
  async #answer(stored: StoredRunTask): Promise<void> {
    const { tasks, keys, log } = this.#options;
    const task = stored.task as unknown as RunTaskDetails;
    const end = { organization: task.organization, workspace: task.workspace, stage: task.stage };
    const token = unseal(stored.token, stored.id, keys);
    if (token === null || stored.ageMs > this.#timing.expiryMs) {
      const message = token === null ? "its key is not there any more" : "HCP Terraform has given up by now";
      log.error({ run: stored.run, task: stored.id, reason: message }, "run task: not answered");
      await tasks.finish(stored.id, { status: "expired", details: { ...end, message } });
      return;
    }
    const result = (stored.result as unknown as TaskResult | null) ?? (await this.#judged(stored, task, token));
    const refusal = await this.#send(task, token, result);
    const { status, message } = refusal === null ? result : { status: "refused" as const, message: refusal };
    await tasks.finish(stored.id, { status, details: { ...end, message } });
    log.info({ run: stored.run, task: stored.id, status }, "run task: answered");
  }

  async #judged(stored: StoredRunTask, task: RunTaskDetails, token: string): Promise<TaskResult> {
    const stop = this.#options.metrics.decisionSeconds.startTimer({ road: "run-task" });
    const result = await this.#evaluated(stored, task, token);
    stop();
    await this.#options.tasks.keepResult(stored.id, result as unknown as JsonObject);
    return result;
  }

  async #evaluated({ attempts }: StoredRunTask, task: RunTaskDetails, token: string): Promise<TaskResult> {
    const { client, judge, log } = this.#options;
    const signal = this.#abort.signal;
    if (task.planUrl === null)
      return failedResult(`there is no plan at the stage ${task.stage}; attach the run task to the stage post-plan`);
    if (attempts > mostAttempts) return failedResult(`it was tried ${mostAttempts} times`);
    await this.#tell(task, token, "the plan is being evaluated");
    try {
      const plan = await client.plan(task.planUrl, token, signal);
      const { result, fault } = await judge(plan, task, signal);
      if (fault !== undefined) log.error({ err: fault }, "run task: a plan could not be judged");
      return result;
    } catch (error) {
      if (error instanceof Refused) return failedResult(error.message);
      if (error instanceof NotNow && !signal.aborted && attempts >= mostAttempts) return failedResult(error.message);
      throw error;
    }
  }

  /** Progress is good to know and no more: that it cannot be told stops nothing. */
  async #tell({ callbackUrl }: RunTaskDetails, token: string, message: string): Promise<void> {
    const document = callbackDocument("running", message, { url: this.#options.url, outcomes: [] });
    try {
      await this.#options.client.patch(callbackUrl, token, document, this.#abort.signal);
    } catch (error) {
      this.#options.log.debug({ reason: messageOf(error) }, "run task: progress was not told");
    }
  }

  /** Null when HCP Terraform has it, otherwise why it never will. */
  async #send(task: RunTaskDetails, token: string, result: TaskResult): Promise<string | null> {
    const { client, url } = this.#options;
    const signal = this.#abort.signal;
    const document = (outcomes: TaskResult["outcomes"]): object =>
      callbackDocument(result.status, result.message, { url, outcomes });
    const outcomes = task.outcomes ? result.outcomes : [];
    try {
      await client.patch(task.callbackUrl, token, document(outcomes), signal);
      return null;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (outcomes.length === 0) return error.message;
    }
    // Better the result alone than none: a run would wait for it in vain.
    return this.#send({ ...task, outcomes: false }, token, result);
  }

  async #breakSilence(): Promise<void> {
    for (const stored of await this.#options.tasks.silent(this.#timing.silentMs)) {
      const token = unseal(stored.token, stored.id, this.#options.keys);
      if (token !== null)
        await this.#tell(stored.task as unknown as RunTaskDetails, token, "the plan waits for its turn");
    }
  }
}
