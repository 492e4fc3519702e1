import { compilerCall } from "../../../compiler/compiler.js";
import type { CompiledUnit } from "../engine.js";

/** Compiles one module's entrypoints, without a cache. */
export async function compileText(text: string, entrypoints: readonly string[]): Promise<CompiledUnit> {
  const modules = [{ path: "p.rego", text, version: "auto" }];
  const answer = (await compilerCall("rego.compile", { modules, entrypoints, target: "wasm" })) as {
    errors: readonly unknown[] | null;
    wasm?: string;
  };
  if (answer.wasm === undefined) throw new Error(JSON.stringify(answer.errors));
  const bytes = new Uint8Array(Buffer.from(answer.wasm, "base64"));
  return { entrypoints, wasm: () => Promise.resolve(bytes) };
}
