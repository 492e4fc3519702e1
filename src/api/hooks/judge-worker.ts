// Judges one plan, in a thread of its own: the server goes on answering, and a plan that takes too much time or memory ends
// this thread and nothing else.
import { parentPort, workerData } from "node:worker_threads";
import { readTextFile } from "../../../scanners/code/index.js";
import { decodeText, TextError } from "../../../scanners/code/document.js";
import { prepareRun } from "../../compose.js";
import { runChecks } from "../../compliance/run.js";
import { PortcullisError } from "../../errors.js";
import type { JudgeQuestion, JudgeAnswer } from "./judge-plan.js";
import { failedResult, taskResultOf } from "./run-task-result.js";

async function judge({ plan, settings, waivers, failOn, failOnUnknown }: JudgeQuestion): Promise<JudgeAnswer> {
  const file = { uri: "plan.json", text: decodeText(plan), named: true };
  const run = await prepareRun(settings);
  try {
    const options = { inputType: "terraform-plan", varFiles: [], variables: {}, parameters: {}, region: null } as const;
    const items = readTextFile(file, { ...options, documents: run.evaluation.hasDocumentPolicies });
    const { report, problems, bindings } = await runChecks(items, {
      ...run,
      ...{ command: "check", targets: ["plan.json"], failOn, severity: "info", all: false, waivers },
      progress: () => undefined,
    });
    return { result: taskResultOf({ report, problems, failOnUnknown }), bindings };
  } finally {
    await run.packs?.close();
  }
}

try {
  parentPort?.postMessage(await judge(workerData as JudgeQuestion));
} catch (error) {
  if (!(error instanceof TextError) && !(error instanceof PortcullisError)) throw error;
  parentPort?.postMessage({ result: failedResult(error.message), bindings: [] } satisfies JudgeAnswer);
}
