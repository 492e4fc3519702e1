// The tests' own servers are TypeScript: gives a module of test/servers to a bench.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import typescript from "typescript";

export async function loadTestServer(name) {
  const source = new URL(`../test/servers/${name}.ts`, import.meta.url);
  const { outputText } = typescript.transpileModule(readFileSync(source, "utf8"), {
    compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2022 },
  });
  const file = new URL(`.${name}-${process.pid}.mjs`, source);
  writeFileSync(file, outputText);
  try {
    return await import(file);
  } finally {
    rmSync(file);
  }
}
