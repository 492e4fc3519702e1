// Where policies come from: those that ship, compiled when Portcullis was built, and the user's, compiled on first use.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { messageOf, PortcullisError } from "../../errors.js";
import { packageFile } from "../../package-root.js";
import type { DocumentPolicy, RegoPolicy } from "../policy.js";
import { CompileCache } from "./cache.js";
import type { CompiledUnit } from "./engine.js";
import { clashes, declarations, entrypointsOf, invalidPolicies, possibleNamespaces, withReads } from "./metadata.js";
import { compileRego, inspectRego, type InspectedModule, type RegoVersion } from "./rego-compiler.js";
import type { Plan } from "./js/plan.js";
import type { TranslatedPlan } from "./js/translate.js";
import { readRegoFiles, type RegoFile } from "./rego-files.js";

export interface LoadedPolicies {
  readonly policies: readonly RegoPolicy[];
  readonly documentPolicies: readonly DocumentPolicy[];
  readonly unit: CompiledUnit;
}

export interface UserPolicyOptions {
  readonly regoVersion: RegoVersion;
  /** conftest's namespaces, `main` by custom; `*` is any text. */
  readonly namespaces: readonly string[];
  /** False when the shipped policies are not used: then their ids are free. */
  readonly defaultPolicies?: boolean;
  /** Null compiles without a cache. */
  readonly cache?: CompileCache | null;
}

/** What `scripts/build-policies.mjs` writes to dist/policies.json; the program is beside it. */
export interface ShippedPolicies {
  readonly policies: readonly RegoPolicy[];
  readonly entrypoints: readonly string[];
}

/** Reads the metadata only; the compiled program is read when an engine loads the unit. */
// eslint-disable-next-line @typescript-eslint/require-await -- async, so that what it throws is a rejection
export async function loadShippedPolicies(): Promise<LoadedPolicies> {
  const { policies, entrypoints } = readShipped();
  const unit = {
    entrypoints,
    wasm: async () => new Uint8Array(await readFile(packageFile("dist", "policies.wasm"))),
    plan: () => readJson("policies.plan.json") as Plan,
    program: () => readJson("policies.program.json") as TranslatedPlan,
  };
  return { policies, documentPolicies: [], unit };
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(packageFile("dist", name), "utf8"));
}

function readShipped(): ShippedPolicies {
  const file = packageFile("dist", "policies.json");
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ShippedPolicies;
  } catch (cause) {
    const advice = "build them with: node scripts/build-policies.mjs";
    throw new PortcullisError(
      "internal",
      `the shipped policies cannot be read from ${file} (${messageOf(cause)}); ${advice}`,
      { cause },
    );
  }
}

/**
 * Reads, checks and compiles the user's policies. Throws PortcullisError("policy-invalid") with the places of all that is
 * wrong, and also when there is no policy in the files at all: nothing to check with is not a pass.
 */
export async function loadUserPolicies(paths: readonly string[], options: UserPolicyOptions): Promise<LoadedPolicies> {
  const files = readRegoFiles(paths);
  if (files.length === 0) {
    throw new PortcullisError("policy-invalid", `there is no .rego file in ${paths.join(", ")}`, {
      places: paths.map((file) => ({ file })),
    });
  }
  const cache = options.cache === undefined ? new CompileCache() : options.cache;
  const loaded = await compilePolicies(files, { ...options, cache });
  const taken = options.defaultPolicies === false ? [] : clashes(loaded.policies, readShipped().policies);
  if (taken.length > 0) throw invalidPolicies(taken);
  return loaded;
}

interface CompileOptions {
  readonly regoVersion: RegoVersion;
  readonly namespaces: readonly string[];
  readonly cache: CompileCache | null;
}

/** Compiles all the files as one program. */
export async function compilePolicies(files: readonly RegoFile[], options: CompileOptions): Promise<LoadedPolicies> {
  const sources = files.map(({ path, text }) => ({ path, text, version: options.regoVersion }));
  const modules = await inspectRego(sources, options.cache);
  const { policies, documentPolicies } = declarations(modules, options.namespaces);
  const entrypoints = [
    ...policies.flatMap(entrypointsOf),
    ...documentPolicies.map(({ entrypoint }) => entrypoint),
  ].sort();
  if (entrypoints.length === 0) throw noPolicy(modules, options.namespaces);
  const compiled = await compileRego(sources, entrypoints, { cache: options.cache });
  return {
    policies: policies.map((policy) => withReads(policy, compiled)),
    documentPolicies,
    unit: compiled.unit,
  };
}

function noPolicy(modules: readonly InspectedModule[], namespaces: readonly string[]): PortcullisError {
  const there = possibleNamespaces(modules);
  const advice = there.length === 0 ? "" : `; there are rules in ${there.join(", ")}: choose them with --namespace`;
  const message = `no policy found: expected package metadata with custom.types, or rules deny, violation or warn in the namespace ${namespaces.join(", ")}${advice}`;
  return new PortcullisError("policy-invalid", message, {
    places: modules.map(({ path, line }) => ({ file: path, line })),
  });
}
