import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setupPulumiPolicy } from "../../../../scripts/setup-python.mjs";
import { packageFile } from "../../../package-root.js";
import type { PulumiResource } from "../pulumi-resource.js";

/** A pack of the code in a folder of its own, with our packages. */
export function writePack(code: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-pack-test-")));
  const all = {
    "PulumiPolicy.yaml": "runtime: nodejs\n",
    "package.json": JSON.stringify({ name: "test-pack", version: "0.0.1", main: "index.js" }),
    "index.js": code,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  symlinkSync(packageFile("node_modules"), join(folder, "node_modules"));
  return folder;
}

/** The same in Python, with a virtual environment as its readme would ask for. */
export function writePythonPack(code: string): string {
  const folder = writePack("", { "PulumiPolicy.yaml": "runtime: python\nversion: 2.0.0\n", "__main__.py": code });
  symlinkSync(setupPulumiPolicy(), join(folder, "venv"));
  return folder;
}

/** A pack of one policy `main` with the body of `validateResource(args, report)`, and an innocent one that likes no name `b`. */
export function policyCode(body: string, before = ""): string {
  return `const { PolicyPack } = require("@pulumi/policy");
${before}
new PolicyPack("test-pack", { enforcementLevel: "mandatory", policies: [
  { name: "main", description: "Main.", validateResource: async (args, report) => { void args.props.size; ${body} } },
  { name: "innocent", description: "Innocent.", validateResource: (args, report) => { if (args.name === "b") report("it is b"); } },
]});`;
}

export function removePack(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function bucket(name: string, properties: PulumiResource["properties"] = {}): PulumiResource {
  return {
    urn: `urn:pulumi:inventory::portcullis::aws:s3/bucket:Bucket::${name}`,
    type: "aws:s3/bucket:Bucket",
    name,
    properties,
    doubts: new Map(),
    parent: null,
    dependencies: [],
    propertyDependencies: new Map(),
    location: null,
  };
}
