// The policies that OPA's API serves: the service's own, and those of bundles. They change as a whole: what does not compile
// changes nothing.
import { readRegoFiles } from "../../engine/rego/rego-files.js";
import { readData } from "../../engine/rego/data-files.js";
import { overlap, isBelow, type Bundle } from "../../engine/rego/bundle/read-bundle.js";
import { combineData, compileToDocuments, type DocumentOptions, type Documents } from "../../engine/rego/documents.js";
import type { PlainObject } from "../../engine/rego/js/values.js";
import type { ModuleSource, RegoVersion } from "../../engine/rego/rego-compiler.js";
import { PortcullisError } from "../../errors.js";
import type { JsonObject } from "../../json.js";
import { packageFile } from "../../package-root.js";
import type { Snapshot } from "./opa.js";

export interface OwnPolicies {
  readonly defaultPolicies: boolean;
  /** Files and folders. */
  readonly policy: readonly string[];
  readonly regoVersion: RegoVersion;
  readonly data: readonly string[];
  /** `data.parameters`. */
  readonly parameters: JsonObject;
}

interface Sources {
  readonly modules: readonly ModuleSource[];
  readonly data: PlainObject;
}

export class ServedPolicies {
  readonly #own: Sources;
  readonly #options: DocumentOptions;
  #bundles: ReadonlyMap<string, Bundle> = new Map();
  #snapshot: Snapshot | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(own: OwnPolicies, options: DocumentOptions) {
    this.#own = { modules: ownModules(own), data: ownData(own) };
    this.#options = options;
  }

  now(): Snapshot {
    if (this.#snapshot !== null) return this.#snapshot;
    throw new PortcullisError("store-unavailable", "the policies are not compiled yet");
  }

  /** Compiles what is there without the bundles. */
  start(): Promise<void> {
    return this.#change(this.#bundles);
  }

  /** Throws PortcullisError where the bundle does not go with the rest; then everything stays as it is. */
  activate(bundle: Bundle): Promise<void> {
    const done = this.#last.then(() => this.#change(new Map([...this.#bundles, [bundle.name, bundle]])));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #change(bundles: ReadonlyMap<string, Bundle>): Promise<void> {
    const all = [...bundles.values()];
    for (const [at, one] of all.entries()) {
      const other = all.slice(at + 1).find((candidate) => overlap(one, candidate));
      if (other !== undefined)
        throw new PortcullisError("policy-invalid", `the bundles ${one.name} and ${other.name} have overlapping roots`);
    }
    const modules = [...this.#own.modules, ...all.flatMap((bundle) => bundle.modules)];
    const data = all.reduce(
      (merged, bundle) => combineData(merged, bundle.data, `the bundle ${bundle.name}`),
      this.#own.data,
    );
    const documents = await compileToDocuments({ modules, data }, this.#options);
    for (const bundle of all) refuseStrays(documents, bundle);
    const revisions = Object.fromEntries(all.map(({ name, revision }) => [name, { revision }]));
    this.#bundles = bundles;
    this.#snapshot = { documents, found: new Map(), bundles: revisions, modules };
  }
}

/** A bundle's packages lie below its roots. */
function refuseStrays(documents: Documents, bundle: Bundle): void {
  const stray = documents.modules.find(
    (module) =>
      module.path.startsWith(`${bundle.name}/`) &&
      isOf(bundle, module.path) &&
      !bundle.roots.some((root) => isBelow(module.package, root)),
  );
  if (stray === undefined) return;
  const roots = bundle.roots.join(", ");
  throw new PortcullisError(
    "policy-invalid",
    `${stray.path}: the package ${stray.package} is not below the roots of the bundle (${roots})`,
  );
}

function isOf(bundle: Bundle, path: string): boolean {
  return bundle.modules.some((module) => module.path === path);
}

function ownModules({ defaultPolicies, policy, regoVersion }: OwnPolicies): ModuleSource[] {
  const root = packageFile();
  const shipped = defaultPolicies ? readRegoFiles([packageFile("policies")]) : [];
  const users = policy.length === 0 ? [] : readRegoFiles(policy, { tests: false, others: true });
  return [
    ...shipped.map(({ path, text }) => ({
      path: path.startsWith(root) ? path.slice(root.length + 1) : path,
      text,
      version: "v1" as const,
    })),
    ...users.map((file) => ({ ...file, version: regoVersion })),
  ];
}

function ownData({ data, parameters }: OwnPolicies): PlainObject {
  return combineData(readData(data), { parameters }, "parameters of the configuration");
}
