// The door to the Go module (OPA's compiler and HashiCorp's HCL). One instance stays resident in the process; an
// instance that trapped is never used again.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { PortcullisError, messageOf } from "../errors.js";
import { isObject, type JsonObject } from "../json.js";
import { packageFile } from "../package-root.js";
import { optimiseLate } from "../wasm-tiering.js";
import { CompilerInstance, type FileHost } from "./module.js";

export type { FileHost } from "./module.js";

let loading: Promise<WebAssembly.Module> | undefined;
let loaded: WebAssembly.Module | undefined;
let resident: CompilerInstance | undefined;

/**
 * Runs one operation of the module, `rego.compile` for example, and gives its value. Calls never overlap. `files` answers
 * what the operation asks of the disk; without it nothing is readable. Throws PortcullisError("internal") when the module
 * failed, which for wrong input is a defect of ours: wrong input is part of an operation's value.
 */
export async function compilerCall(op: string, request: JsonObject, files?: FileHost): Promise<unknown> {
  const module = loaded ?? (await (loading ??= load()));
  resident ??= instantiate(module);
  return valueOf(op, JSON.parse(callResident(resident, op, JSON.stringify({ ...request, op }), files)));
}

/**
 * The same for callers that cannot wait: takes a request with its `op` as JSON text and answers JSON text, with either
 * `value` or `failure`. Loads the module (0.5 s) where it is not there yet. Throws PortcullisError("internal") when the
 * module stopped; the next call starts another.
 */
export function compilerCallNow(op: string, request: string): string {
  loaded ??= compileNow();
  resident ??= instantiate(loaded);
  return callResident(resident, op, request);
}

const file = packageFile("dist", "compiler.wasm");

/** Measured: a check of a small folder takes 1.0 s of processor time and not 3.9; compiling 250 files of Rego takes no longer. */
const laterThanUsual = 1_000;

async function load(): Promise<WebAssembly.Module> {
  const restore = optimiseLate(laterThanUsual);
  try {
    return (loaded = await WebAssembly.compile(await readFile(file)));
  } catch (cause) {
    loading = undefined;
    throw notLoaded(cause);
  } finally {
    restore();
  }
}

function compileNow(): WebAssembly.Module {
  const restore = optimiseLate(laterThanUsual);
  try {
    return new WebAssembly.Module(readFileSync(file));
  } catch (cause) {
    throw notLoaded(cause);
  } finally {
    restore();
  }
}

function notLoaded(cause: unknown): PortcullisError {
  const advice = "build it with: node scripts/build-compiler.mjs";
  const message = `cannot load the compiler module ${file} (${messageOf(cause)}); ${advice}`;
  return new PortcullisError("internal", message, { cause });
}

function instantiate(module: WebAssembly.Module): CompilerInstance {
  try {
    return new CompilerInstance(module);
  } catch (cause) {
    throw new PortcullisError("internal", `cannot start the compiler module: ${messageOf(cause)}`, { cause });
  }
}

function callResident(instance: CompilerInstance, op: string, request: string, files?: FileHost): string {
  try {
    return instance.call(request, files);
  } catch (cause) {
    resident = undefined;
    const printed = instance.printed.split("\n").find((line) => line.trim() !== "") ?? "";
    const reason = printed === "" ? messageOf(cause) : `${messageOf(cause)}: ${printed}`;
    throw new PortcullisError("internal", `the compiler module stopped in ${op}: ${reason}`, { cause });
  }
}

function valueOf(op: string, answer: unknown): unknown {
  if (isObject(answer) && Object.hasOwn(answer, "value")) return answer["value"];
  const failure = isObject(answer) ? answer["failure"] : undefined;
  if (isObject(answer) && Object.hasOwn(answer, "stack")) resident = undefined;
  const reason = typeof failure === "string" ? failure : "an answer of a shape that is not known";
  throw new PortcullisError("internal", `the compiler module failed in ${op}: ${reason}`);
}
