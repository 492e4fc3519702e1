import type { CompiledUnit } from "../engine.js";
import { compileRego } from "../rego-compiler.js";

/** Compiles one module's entrypoints, without a cache. */
export async function compileText(text: string, entrypoints: readonly string[]): Promise<CompiledUnit> {
  const { unit } = await compileRego([{ path: "p.rego", text, version: "auto" }], entrypoints, { cache: null });
  return unit;
}
