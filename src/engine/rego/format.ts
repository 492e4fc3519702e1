// Rego laid out as OPA's formatter does: by OPA's own, in the compiler module.
import { z } from "zod";
import { compilerCall } from "../../compiler/compiler.js";
import { fault, type Fault, type ModuleSource } from "./rego-compiler.js";

const answer = z.object({ errors: z.array(fault), formatted: z.array(z.string()) });
const batch = 100;

export interface Formatted {
  /** In the order of the modules; one with errors is as it was. */
  readonly texts: readonly string[];
  readonly errors: readonly Fault[];
}

export async function formatRego(modules: readonly ModuleSource[]): Promise<Formatted> {
  const [texts, errors]: [string[], Fault[]] = [[], []];
  for (let at = 0; at < modules.length; at += batch) {
    const some = modules.slice(at, at + batch).map((module) => ({ ...module }));
    const part = answer.parse(await compilerCall("rego.format", { modules: some }));
    texts.push(...part.formatted);
    errors.push(...part.errors);
  }
  return { texts, errors };
}
