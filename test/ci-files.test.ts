// The files for pipelines: valid by the published schemas, and their very commands run.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { afterAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { packageFile } from "../src/package-root.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-ci-"));
const bin = join(root, "bin");
mkdirSync(bin);
writeFileSync(
  join(bin, "portcullis"),
  `#!/bin/sh\nexec "${process.execPath}" "${packageFile("dist", "src", "cli", "main.js")}" "$@"\n`,
);
chmodSync(join(bin, "portcullis"), 0o755);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(root, "job-"));
  mkdirSync(join(folder, "infra"));
  writeFileSync(join(folder, "portcullis.yaml"), "failOn: high\n");
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const read = (path: string): unknown => parse(readFileSync(join("docs", "ci", path), "utf8"));

/** As a runner of the pipeline does, with nothing of ours in the environment. */
function shell(script: string, env: Readonly<Record<string, string>>, command = ["bash", "-eo", "pipefail"]) {
  const [program = "", ...args] = command;
  const environment = {
    PATH: `${bin}:${process.env["PATH"] ?? ""}`,
    HOME: root,
    GITHUB_STEP_SUMMARY: "",
    GITHUB_OUTPUT: "",
  };
  const { status, stdout, stderr } = spawnSync(program, [...args, "-c", script], {
    ...{ cwd: folder, encoding: "utf8" },
    env: { ...environment, ...env },
  });
  return { status, stdout, stderr };
}

const pod = (privileged: boolean): string =>
  JSON.stringify({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace: "shop" } },
    spec: { containers: [{ name: "fail-safe", image: "a", securityContext: { privileged } }] },
  });

const write = (name: string, text: string): void => {
  writeFileSync(join(folder, name), text);
};
const made = (name: string): string => readFileSync(join(folder, name), "utf8");

test.each([
  ["github/action.yml", "github-actions.json"],
  ["github/workflow.yml", "github-workflows.json"],
  ["gitlab-ci.yml", "gitlab-ci.json"],
])("%s is valid by %s", (path, schema) => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(join("test", "fixtures", "ci", schema), "utf8")) as object);
  expect([validate(read(path)), validate.errors]).toEqual([true, null]);
});

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: {
    readonly steps: readonly { readonly name: string; readonly run: string; readonly env?: Record<string, string> }[];
  };
}
const action = read("github/action.yml") as Action;
const check = action.runs.steps.find(({ name }) => name === "Check")!;

test("GitHub: no input is written into a script", () => {
  for (const { run } of action.runs.steps) expect(run).not.toContain("${{");
  expect(Object.values(check.env ?? {}).every((value) => /^\$\{\{ inputs\.[a-z-]+ \}\}$/.test(value))).toBe(true);
});

/** The step as GitHub runs it: variables are set from the inputs, or from their defaults. */
function githubCheck(inputs: Readonly<Record<string, string>>) {
  const values = Object.entries(check.env ?? {}).map(([name, expression]) => {
    const input = /inputs\.([a-z-]+)/.exec(expression)?.[1] ?? "";
    return [name, inputs[input] ?? action.inputs[input]!.default] as const;
  });
  const files = { GITHUB_STEP_SUMMARY: join(folder, "summary.md"), GITHUB_OUTPUT: join(folder, "output") };
  return shell(check.run, { ...Object.fromEntries(values), ...files });
}

test.each<[string, string, Readonly<Record<string, string>>, number]>([
  ["in order at critical", pod(false), { "fail-on": "critical" }, 0],
  [
    "a violation",
    pod(true),
    { "fail-on": "critical", paths: "infra\n\ninfra/pod.json", baselines: "cis-kubernetes" },
    1,
  ],
  ["unreadable input", "{", {}, 2],
])("GitHub: %s", (_, text, given, status) => {
  write("infra/pod.json", text);
  const { baselines: _b, ...inputs } = given;
  const result = githubCheck(inputs);
  expect(result.status, result.stderr).toBe(status);
  expect(made("output")).toBe(`exit-code=${status}\n`);
  expect(made("summary.md")).toContain("## Portcullis: ");
  expect(JSON.parse(made("portcullis.sarif"))).toMatchObject({ version: "2.1.0" });
  if (status === 1) expect(result.stdout).toContain("::error file=infra/pod.json");
});

test.each([
  { paths: "$(touch pwned)" },
  { paths: "`touch pwned`\n; touch pwned" },
  { paths: "--output=pwned" },
  { "fail-on": "low; touch pwned" },
  { "fail-on": "$(touch pwned)" },
  { config: "--output=pwned" },
  { baselines: "x --output=pwned" },
])("GitHub: hostile inputs are inputs: %j", (inputs) => {
  write("infra/pod.json", pod(false));
  expect(githubCheck({ paths: "infra", ...inputs }).status).toBe(2);
  expect(existsSync(join(folder, "pwned"))).toBe(false);
});

test("GitHub: the sample names inputs that the action has, and its outputs", () => {
  const text = readFileSync("docs/ci/github/workflow.yml", "utf8");
  const { jobs } = parse(text) as { jobs: { portcullis: { steps: { uses: string; with?: object }[] } } };
  const used = jobs.portcullis.steps.find(({ uses }) => uses.includes("actions/portcullis"));
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(used?.with ?? {})));
});

test.each([
  ["in order at critical", false, "critical", 0],
  ["a violation", true, "critical", 1],
] as const)("GitLab: %s", (_, privileged, failOn, status) => {
  const { portcullis: job } = read("gitlab-ci.yml") as {
    portcullis: {
      script: string[];
      variables: Record<string, string>;
      artifacts: { paths: string[]; reports: { junit: string } };
    };
  };
  write("infra/pod.json", pod(privileged));
  const result = shell(job.script.join("\n"), { ...job.variables, PORTCULLIS_FAIL_ON: failOn }, ["sh", "-e"]);
  expect(result.status, result.stderr).toBe(status);
  for (const path of [...job.artifacts.paths, job.artifacts.reports.junit])
    expect(existsSync(join(folder, path)), path).toBe(true);
  expect(made(job.artifacts.reports.junit)).toContain("<testsuites");
});

function plan(encrypted: boolean): string {
  const values = { name: "failover", sqs_managed_sse_enabled: encrypted };
  const head = { address: "aws_sqs_queue.failover", mode: "managed", type: "aws_sqs_queue", name: "failover" };
  const entry = { ...head, provider_name: "registry.terraform.io/hashicorp/aws" };
  const change = { actions: ["create"], before: null, after: values, after_unknown: {} };
  return JSON.stringify({
    ...{ format_version: "1.2", configuration: { root_module: {} } },
    planned_values: { root_module: { resources: [{ ...entry, values }] } },
    resource_changes: [{ ...entry, change }],
  });
}

test.each([
  ["a plan that is in order", plan(true), 0, false],
  ["a plan with a violation", plan(false), 0, true],
  ["what is no plan", "{", 2, false],
] as const)("Atlantis: %s", (_, text, status, fails) => {
  const { workflows } = read("atlantis.yaml") as {
    workflows: { portcullis: { policy_check: { steps: (string | { run: string })[] } } };
  };
  const step = workflows.portcullis.policy_check.steps.find((each) => typeof each !== "string") as { run: string };
  write(
    "portcullis.yaml",
    `defaultPolicies: false\npolicy: [${join(packageFile("test"), "fixtures", "hooks", "queue.rego")}]\n`,
  );
  write("shop plan.json", text);
  const script = step.run.replace("/etc/portcullis/portcullis.yaml", "portcullis.yaml");
  const result = shell(script, { SHOWFILE: join(folder, "shop plan.json") }, ["sh"]);
  expect(result.status, result.stderr).toBe(status);
  if (status === 0) expect(/fail/i.test(result.stdout + result.stderr)).toBe(fails);
});
