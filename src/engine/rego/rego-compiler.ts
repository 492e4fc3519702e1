// The compiler module's two operations on Rego, typed, with the cache before them.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { compilerCall } from "../../compiler/compiler.js";
import { PortcullisError } from "../../errors.js";
import type { JsonObject } from "../../json.js";
import { packageFile } from "../../package-root.js";
import { cacheKey, type CompileCache } from "./cache.js";
import type { CompiledUnit } from "./engine.js";
import type { Plan } from "./js/plan.js";

export type RegoVersion = "auto" | "v1" | "v0";

export interface ModuleSource {
  readonly path: string;
  readonly text: string;
  readonly version: RegoVersion;
}

export const fault = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string(),
  line: z.number(),
  column: z.number(),
});
export type Fault = z.infer<typeof fault>;

const patterns = z.array(z.array(z.string()));
const reads = z.object({ input: patterns, inventory: patterns.nullable() });

const inspected = z.object({
  path: z.string(),
  version: z.enum(["v0", "v1"]),
  package: z.string(),
  line: z.number(),
  annotations: z
    .object({
      line: z.number(),
      title: z.string(),
      description: z.string(),
      relatedResources: z.array(z.string()),
      organizations: z.array(z.string()),
      custom: z.record(z.string(), z.unknown()),
    })
    .nullable(),
  rules: z.array(
    z.object({ name: z.string(), line: z.number(), args: z.number(), default: z.boolean(), cases: z.boolean() }),
  ),
});
export type InspectedModule = z.infer<typeof inspected>;

const inspectAnswer = z.object({ errors: z.array(fault), modules: z.array(inspected) });
const compileAnswer = z.object({
  errors: z.array(fault),
  wasm: z.string().optional(),
  plan: z.record(z.string(), z.unknown()).optional(),
  reads: z.record(z.string(), reads),
});

export interface CompiledRego {
  readonly unit: CompiledUnit;
  readonly reads: ReadonlyMap<string, z.infer<typeof reads>>;
}

/** Throws PortcullisError("policy-invalid") that names each error with its place. */
export async function inspectRego(
  modules: readonly ModuleSource[],
  cache: CompileCache | null,
): Promise<InspectedModule[]> {
  const request = { modules: modules.map((module) => ({ ...module })) };
  const answer = inspectAnswer.parse(await cachedCall("rego.inspect", request, cache));
  if (answer.errors.length > 0) throw invalid(answer.errors);
  return answer.modules;
}

export interface CompileOptions {
  readonly cache: CompileCache | null;
  /** Keeps calls of `print`, which are left out otherwise. */
  readonly print?: boolean;
  /** Names in the plan the rules that no entrypoint reaches. */
  readonly unplanned?: boolean;
}

/** Compiles the modules as one program: the plan at once, WebAssembly when an engine asks for it. */
export async function compileRego(
  modules: readonly ModuleSource[],
  entrypoints: readonly string[],
  { cache, print = false, unplanned = false }: CompileOptions,
): Promise<CompiledRego> {
  const request = { modules: modules.map((module) => ({ ...module })), entrypoints, print, unplanned };
  const build = async (target: "plan" | "wasm"): Promise<z.infer<typeof compileAnswer>> => {
    const answer = compileAnswer.parse(await cachedCall("rego.compile", { ...request, target }, cache));
    if (answer.errors.length > 0) throw invalid(answer.errors);
    return answer;
  };
  const { plan, reads } = await build("plan");
  if (plan === undefined) throw new PortcullisError("internal", "the compiler gave neither a program nor an error");
  const wasm = async (): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(Buffer.from((await build("wasm")).wasm ?? "", "base64"));
  const unit = { entrypoints, plan: () => plan as unknown as Plan, wasm };
  return { unit, reads: new Map(Object.entries(reads)) };
}

/** Answers with errors are not kept: they are read once and then put right. */
async function cachedCall(op: string, request: JsonObject, cache: CompileCache | null): Promise<unknown> {
  const key = cache === null ? "" : cacheKey([compilerStamp(), op, JSON.stringify(request)]);
  const found = cache?.read(key) ?? null;
  if (found !== null) return JSON.parse(found.toString("utf8"));
  const answer = await call(op, request);
  if (z.object({ errors: z.tuple([]) }).safeParse(answer).success)
    cache?.write(key, Buffer.from(JSON.stringify(answer)));
  return answer;
}

/** Text that exhausts the stack of OPA's parser is the text's fault, not ours. */
async function call(op: string, request: JsonObject): Promise<unknown> {
  try {
    return await compilerCall(op, request);
  } catch (thrown) {
    if (!(thrown instanceof PortcullisError) || !(thrown.cause instanceof RangeError)) throw thrown;
    throw new PortcullisError("policy-invalid", "the policies are nested too deeply for the Rego compiler", {
      cause: thrown,
    });
  }
}

let stamp: string | undefined;

/** Changes with the compiler, so that what an older one made is not used. */
export function compilerStamp(): string {
  return (stamp ??= readStamp());
}

function readStamp(): string {
  try {
    return readFileSync(packageFile("dist", "compiler.wasm.sha256"), "utf8");
  } catch {
    return createHash("sha256")
      .update(readFileSync(packageFile("dist", "compiler.wasm")))
      .digest("hex");
  }
}

/** Names each error with its place. */
export function invalid(faults: readonly Fault[], what = "policies do not compile"): PortcullisError {
  const lines = faults.map(({ file, line, column, code, message }) => {
    const place = [file, ...(line > 0 ? [line, column] : [])].filter((part) => part !== "").join(":");
    return `  ${place === "" ? "" : `${place}: `}${message} (${code})`;
  });
  const places = faults
    .filter(({ file }) => file !== "")
    .map(({ file, line, column }) => (line > 0 ? { file, line, column } : { file }));
  return new PortcullisError("policy-invalid", `${what}:\n${lines.join("\n")}`, { places });
}
