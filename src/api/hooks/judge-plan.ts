// The door to the thread that judges a plan.
import { Worker } from "node:worker_threads";
import type { WaiverBinding } from "../../compliance/excuses.js";
import type { Waiver } from "../../compliance/waiver.js";
import type { Severity } from "../../engine/policy.js";
import { packageFile } from "../../package-root.js";
import type { PolicySettings } from "../../settings.js";
import { failedResult, type TaskResult } from "./run-task-result.js";

export interface JudgeQuestion {
  /** The plan's JSON. */
  readonly plan: Uint8Array;
  readonly settings: PolicySettings;
  readonly waivers: readonly Waiver[];
  readonly failOn: Severity;
  readonly failOnUnknown: boolean;
}

export interface JudgeAnswer {
  readonly result: TaskResult;
  /** Of waivers that end when the resource changes. */
  readonly bindings: readonly WaiverBinding[];
  /** A defect of ours, for the log. */
  readonly fault?: unknown;
}

export interface JudgeLimits {
  readonly milliseconds: number;
  readonly mebibytes: number;
  /** Gives up at once: the process ends. */
  readonly signal: AbortSignal;
}

/** What cannot be judged is a failed result that says why. Rejects only when the signal is given. */
export async function judgePlan(question: JudgeQuestion, limits: JudgeLimits): Promise<JudgeAnswer> {
  limits.signal.throwIfAborted();
  const plan = new Uint8Array(question.plan); // a buffer may be a part of one that others use
  const worker = new Worker(packageFile("dist", "src", "api", "hooks", "judge-worker.js"), {
    workerData: { ...question, plan },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.mebibytes },
    transferList: [plan.buffer],
  });
  try {
    return await answerOf(worker, limits);
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker, { milliseconds, mebibytes, signal }: JudgeLimits): Promise<JudgeAnswer> {
  return new Promise((resolve, reject) => {
    const give = (why: string, fault?: unknown): void => {
      clearTimeout(timer);
      resolve({ result: failedResult(why), bindings: [], ...(fault === undefined ? {} : { fault }) });
    };
    const timer = setTimeout(() => {
      give(`the plan took longer than ${Math.round(milliseconds / 1_000)} s to judge (hooks.runTask.judgeSeconds)`);
    }, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
    worker.once("message", (answer: JudgeAnswer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    worker.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ERR_WORKER_OUT_OF_MEMORY") give("an internal error of Portcullis", error);
      else give(`the plan needs more than ${mebibytes} MiB to be judged (hooks.runTask.judgeMiB)`);
    });
    worker.once("exit", () => {
      give("the judging thread ended without an answer");
    });
  });
}
