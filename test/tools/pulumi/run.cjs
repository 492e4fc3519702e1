"use strict";
// Runs a program with Pulumi's CLI, a file backend and policy packs, in a process of its own:
//   node run.cjs PACKAGES CLI PROGRAM MODE PACK [CONFIG]
// MODE is `preview`, or `up` (the program is applied without the pack, and then previewed with it). CONFIG is a file as
// --policy-pack-config takes it. Prints one JSON object.
const { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { tmpdir } = require("node:os");
const { dirname, delimiter, join, resolve } = require("node:path");
const { serveProvider } = require("./provider.cjs");

const [folder, cli, program, mode, pack, config] = process.argv.slice(2);
const packages = createRequire(join(folder, "package.json"));

async function main() {
  const work = mkdtempSync(join(tmpdir(), "portcullis-pulumi-"));
  const provider = await serveProvider(packages);
  try {
    process.stdout.write(JSON.stringify(await run(work, provider.port)));
  } finally {
    provider.close();
    rmSync(work, { recursive: true, force: true });
  }
}

async function run(work, port) {
  const { LocalWorkspace } = packages("@pulumi/pulumi/automation");
  const env = environment(work, port);
  Object.assign(process.env, env); // the CLI is looked for with our own environment
  const stack = await LocalWorkspace.createStack(
    { stackName: "test", projectName: "portcullis", program: () => require(resolve(program))(packages) },
    {
      envVars: env,
      workDir: join(work, "work"),
      projectSettings: { name: "portcullis", runtime: "nodejs", backend: { url: env.PULUMI_BACKEND_URL } },
    },
  );
  if (mode === "up") await stack.up();
  const exported = mode === "up" ? await stack.exportStack() : null;
  const preview = JSON.parse((await withJson(stack, () => stack.preview())).stdout);
  return { exported, preview, ...(await judged(stack)) };
}

/** `pulumi preview --json` instead of text for people. */
async function withJson(stack, call) {
  const before = stack.runPulumiCmd.bind(stack);
  stack.runPulumiCmd = (args, ...rest) => before([...args, "--json"], ...rest);
  try {
    return await call();
  } finally {
    stack.runPulumiCmd = before;
  }
}

async function judged(stack) {
  const [violations, remediations, texts] = [[], [], []];
  const onEvent = ({ policyEvent, policyRemediationEvent, diagnosticEvent }) => {
    if (policyEvent !== undefined) violations.push(policyEvent);
    if (policyRemediationEvent !== undefined) remediations.push(policyRemediationEvent);
    if (diagnosticEvent !== undefined) texts.push(diagnosticEvent.message);
  };
  try {
    await stack.preview({ policyPacks: [pack], policyPackConfigs: config === undefined ? [] : [config], onEvent });
  } catch (error) {
    // A mandatory violation ends the preview with an error; anything else is one.
    if (violations.length === 0) throw error;
  }
  return { violations, remediations, texts };
}

function environment(work, port) {
  const shims = join(work, "shims");
  for (const name of ["home", "state", "work", "shims"]) mkdirSync(join(work, name));
  const runner = packages.resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const shim = join(shims, "pulumi-analyzer-policy-nodejs");
  writeFileSync(shim, `#!/bin/sh\nexec "${process.execPath}" "${runner}" "$@"\n`);
  chmodSync(shim, 0o755);
  return {
    PATH: [shims, dirname(cli), process.env.PATH].join(delimiter),
    HOME: join(work, "home"),
    PULUMI_HOME: join(work, "home"),
    PULUMI_BACKEND_URL: `file://${join(work, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DEBUG_PROVIDERS: `aws:${port},kubernetes:${port}`,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
