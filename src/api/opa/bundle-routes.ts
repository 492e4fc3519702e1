// The policies and the data that are served here, as a bundle: OPA, or another Portcullis, runs from it.
import { createHash } from "node:crypto";
import { packBundle } from "../../engine/rego/bundle/build-bundle.js";
import type { Routes } from "../server.js";
import { serverDefaults } from "../server-settings.js";
import { asOpa, opaOf } from "./data-routes.js";
import type { Snapshot } from "./opa.js";
import { OpaProblem } from "./opa-problem.js";
import { bundleSchema } from "./schemas.js";

/** What the bundle is called. */
export const servedBundle = "portcullis";

interface Packed {
  readonly bytes: Buffer;
  readonly etag: string;
}

export const opaBundleRoutes: Routes = (api, services) => {
  asOpa(api, services.config.server?.bodyLimit ?? serverDefaults.bodyLimit);
  const packed = new WeakMap<Snapshot, Promise<Packed>>();
  api.get<{ Params: { name: string } }>("/v1/bundles/:name", { schema: bundleSchema }, async (request, reply) => {
    const name = request.params.name.replace(/\.tar\.gz$/, "");
    if (name !== servedBundle)
      throw new OpaProblem(404, "resource_not_found", `there is no such bundle; there is ${servedBundle}`);
    const snapshot = opaOf(services).now();
    const known = packed.get(snapshot) ?? pack(snapshot);
    packed.set(snapshot, known);
    const { bytes, etag } = await known;
    return reply.header("etag", etag).header("cache-control", "no-cache").type("application/gzip").send(bytes);
  });
};

async function pack({ modules, documents }: Snapshot): Promise<Packed> {
  const inspected = new Map(documents.modules.map((module) => [module.path, module]));
  const taken = new Set<string>();
  const files = modules.map(({ path, text }) => {
    const about = inspected.get(path);
    return { text, version: about?.version ?? ("v1" as const), path: freePath(about?.package ?? "", path, taken) };
  });
  const content = { modules: files, data: documents.sources.data, roots: [""] };
  const revision = hash(await packBundle({ ...content, revision: "" }, null));
  const bytes = await packBundle({ ...content, revision }, null);
  return { bytes, etag: `"${revision}"` };
}

/** Where a module stands in the bundle: by its package, not by where it lies on this machine. */
function freePath(packagePath: string, path: string, taken: Set<string>): string {
  const base = (path.split(/[\\/]/).at(-1) ?? "").replace(/\.rego$/, "");
  const folder = packagePath.replaceAll("%", "_");
  let candidate = `${folder}/${base}.rego`;
  for (let number = 2; taken.has(candidate); number++) candidate = `${folder}/${base}-${number}.rego`;
  taken.add(candidate);
  return candidate;
}

function hash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("base64url").slice(0, 27);
}
