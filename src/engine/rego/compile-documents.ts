// Modules compiled as one program with every package and rule as an entrypoint, without holding up the caller's thread.
import { Worker } from "node:worker_threads";
import { messageOf, PortcullisError, type ErrorCode, type ErrorPlace } from "../../errors.js";
import { packageFile } from "../../package-root.js";
import type { TranslatedPlan } from "./js/translate.js";
import type { InspectedModule, ModuleSource } from "./rego-compiler.js";

export interface CompileOutcome {
  readonly inspected: readonly InspectedModule[];
  readonly program: TranslatedPlan;
  /** OPA's plan as JSON. */
  readonly plan: string;
}

type Message =
  | { readonly outcome: CompileOutcome }
  | { readonly fault: { readonly code: ErrorCode; readonly message: string; readonly places: readonly ErrorPlace[] } };

/** Compiling ends within this time, or it is given up. */
const longestMs = 300_000;

/** Throws PortcullisError("policy-invalid") that names each error with its place. */
export function compileDocuments(modules: readonly ModuleSource[]): Promise<CompileOutcome> {
  const file = packageFile("dist", "src", "engine", "rego", "compile-worker.js");
  const worker = new Worker(file, { workerData: { modules }, execArgv: [] });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new PortcullisError("policy-invalid", `the policies took longer than ${longestMs / 1_000} s to compile`));
      void worker.terminate();
    }, longestMs);
    worker.once("message", (message: Message) => {
      if ("outcome" in message) resolve(message.outcome);
      else reject(faultOf(message.fault));
      void worker.terminate();
    });
    worker.once("error", (cause) => {
      reject(new PortcullisError("internal", `the compiler's thread failed: ${messageOf(cause)}`, { cause }));
    });
    worker.once("exit", () => {
      clearTimeout(timer);
      reject(new PortcullisError("internal", "the compiler's thread ended without an answer"));
    });
  });
}

function faultOf({ code, message, places }: Extract<Message, { fault: unknown }>["fault"]): PortcullisError {
  return new PortcullisError(code, message, { places });
}
