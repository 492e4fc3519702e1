"use strict";
// One operation on one Pulumi stack, through Pulumi's Automation API, in a process of its own: that API gives the CLI all of its
// environment, and a program is code of others. `node run-stack.cjs JOB`; the result goes into the job's result file.
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { join } = require("node:path");

const job = JSON.parse(readFileSync(process.argv[2], "utf8"));
const stopping = new AbortController();
// Asked to end: so is Pulumi, which finishes what it has begun and writes its state.
process.on("SIGINT", () => stopping.abort());

async function main() {
  const result = await operations[job.operation](await openStack());
  writeFileSync(job.result, JSON.stringify(result), { mode: 0o600 });
}

const operations = {
  async preview(stack) {
    const { stdout } = await withFlags(stack, ["--json", "--show-sames"], () =>
      stack.preview({ plan: job.plan, signal: stopping.signal }),
    );
    return { preview: JSON.parse(stdout), outputs: await collecting };
  },
  async up(stack) {
    await stack.up({ plan: job.plan, signal: stopping.signal, onOutput: print });
    return {};
  },
  async destroy(stack) {
    await stack.destroy({ signal: stopping.signal, onOutput: print });
    return {};
  },
};

function print(text) {
  process.stdout.write(text);
}

/** A preview needs a stack as well: an empty one is made. */
async function openStack() {
  const { LocalWorkspace } = createRequire(join(job.packages, "package.json"))("@pulumi/pulumi/automation");
  mkdirSync(job.workDir, { recursive: true, mode: 0o700 });
  const settings = keepSalt();
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: job.stack, projectName: job.project, program },
    {
      workDir: job.workDir,
      projectSettings: { name: job.project, runtime: "nodejs", backend: { url: job.backend } },
      ...(settings !== null && { stackSettings: { [job.stack]: settings } }),
    },
  );
  if (Object.keys(job.config).length > 0) await stack.setAllConfig(job.config);
  return stack;
}

/** Of the settings of the last time only what the passphrase is mixed with is kept: variables that went are gone. */
function keepSalt() {
  const file = join(job.workDir, `Pulumi.${job.stack}.yaml`);
  const [, salt] = (existsSync(file) ? /^encryptionsalt: *(\S+)$/m.exec(readFileSync(file, "utf8")) : null) ?? [];
  return salt === undefined ? null : { encryptionSalt: salt };
}

/** As Pulumi's own host runs a program: what it exports are the outputs, and an exported function is called. */
async function program() {
  const exports = require(job.program);
  const outputs = (typeof exports === "function" ? await exports() : exports) ?? {};
  collecting = collect(outputs);
  collecting.catch(() => {}); // where it fails, the preview does
  return outputs;
}

/** A preview does not say what a stack would put out. */
let collecting = Promise.resolve({});

async function collect(outputs) {
  const { output } = createRequire(join(job.packages, "package.json"))("@pulumi/pulumi");
  const collected = Object.entries(await outputs).map(async ([name, value]) => {
    const one = output(value);
    const known = await one.isKnown;
    return [name, { secret: await one.isSecret, ...(known && { value: await one.promise() }) }];
  });
  return Object.fromEntries(await Promise.all(collected));
}

async function withFlags(stack, flags, call) {
  const before = stack.runPulumiCmd.bind(stack);
  stack.runPulumiCmd = (args, ...rest) => before([...args, ...flags], ...rest);
  try {
    return await call();
  } finally {
    stack.runPulumiCmd = before;
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    // Node's own stack says nothing to whoever wrote the program.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
