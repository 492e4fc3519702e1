// conftest's own policies, unchanged, give the same results here and under conftest.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { toolPath } from "../../scripts/setup-tools.mjs";
import { portcullis } from "../testing/cli.js";

const fixtures = "test/tools/fixtures/conftest";
const documents = [`${fixtures}/documents/app.yaml`, `${fixtures}/documents/service.json`];

interface ConftestFile {
  readonly filename: string;
  readonly namespace: string;
  readonly failures?: readonly { msg: string }[];
  readonly warnings?: readonly { msg: string }[];
  readonly exceptions?: readonly { msg: string }[];
}

test.each([
  { policy: "main.rego", namespace: "main", version: "v1" },
  { policy: "old.rego", namespace: "old", version: "v0" },
])("$policy", async ({ policy, namespace, version }) => {
  const policies = `${fixtures}/policy/${policy}`;
  const args = [
    "test",
    "--policy",
    policies,
    "--namespace",
    namespace,
    "--rego-version",
    version,
    "--output",
    "json",
    ...documents,
  ];
  const theirs = JSON.parse(spawnSync(toolPath("conftest"), args, { encoding: "utf8" }).stdout) as ConftestFile[];
  const ours = await portcullis([
    "check",
    "--policy",
    policies,
    "--namespace",
    namespace,
    "--no-default-policies",
    "--format",
    "json",
    ...documents,
  ]);
  const { results } = JSON.parse(ours.stdout) as {
    results: { verdict: string; severity: string; resource: { id: string }; reasons: { message: string }[] }[];
  };
  const of = (wanted: (one: (typeof results)[number]) => boolean): string[] =>
    results
      .filter(wanted)
      .flatMap(({ resource, reasons }) => reasons.map(({ message }) => `${resource.id.replace(/#.*/, "")}: ${message}`))
      .sort();
  const their = (kind: "failures" | "warnings"): string[] =>
    theirs.flatMap((file) => (file[kind] ?? []).map(({ msg }) => `${file.filename}: ${msg}`)).sort();
  expect(of(({ verdict, severity }) => verdict === "fail" && severity !== "info")).toEqual(their("failures"));
  expect(of(({ verdict, severity }) => verdict === "fail" && severity === "info")).toEqual(their("warnings"));
  expect(their("failures").length).toBeGreaterThan(0);
  expect(ours.code).toBe(1);
});
