// Compiles in a thread of its own: a server goes on answering while a bundle of hundreds of modules is compiled.
import { parentPort, workerData } from "node:worker_threads";
import { messageOf, PortcullisError } from "../../errors.js";
import { CompileCache } from "./cache.js";
import { DocumentTree } from "./document-tree.js";
import { translate } from "./js/translate.js";
import { compileRego, inspectRego, type ModuleSource } from "./rego-compiler.js";
import type { CompileOutcome } from "./compile-documents.js";

const nothing = { source: "return { results: {}, values: {} };", files: [], builtins: [] };

async function compile(modules: readonly ModuleSource[]): Promise<CompileOutcome> {
  const cache = new CompileCache();
  const inspected = await inspectRego(modules, cache);
  const { entrypoints } = new DocumentTree(inspected);
  if (entrypoints.length === 0) return { inspected, program: nothing, plan: "{}" };
  const { unit } = await compileRego(modules, entrypoints, { cache });
  const plan = unit.plan();
  return { inspected, program: translate(plan), plan: JSON.stringify(plan) };
}

try {
  parentPort?.postMessage({ outcome: await compile((workerData as { modules: ModuleSource[] }).modules) });
} catch (error) {
  const known = error instanceof PortcullisError ? error : new PortcullisError("internal", messageOf(error));
  parentPort?.postMessage({ fault: { code: known.code, message: known.message, places: known.places } });
}
