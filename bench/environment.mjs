// How long an environment takes whose stacks do not need each other, by how many of them run at once (`provisioning.parallel`):
// node bench/environment.mjs [--stacks 4] [--parallel 1,4] [--seconds 5]. Each stack waits that long, as for an API; OpenTofu is real.
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createActions } from "../dist/src/actions/create-actions.js";
import { openKinds } from "../dist/src/actions/kinds.js";
import { systemClock } from "../dist/src/clock.js";
import { openPglite } from "../dist/src/store/pglite.js";
import { createStore } from "../dist/src/store/store.js";
import { toolPath } from "../scripts/setup-tools.mjs";
import { allowingGate } from "../test/testing/allowing-gate.mjs";

const { values: flags } = parseArgs({
  options: {
    stacks: { type: "string", default: "4" },
    parallel: { type: "string", default: "1,4" },
    seconds: { type: "string", default: "5" },
  },
});
const root = mkdtempSync(join(tmpdir(), "portcullis-environment-"));
const names = Array.from({ length: Number(flags.stacks) }, (_, index) => `stack-${index + 1}`);

function plugins() {
  const platform = `linux_${process.arch === "x64" ? "amd64" : "arm64"}`;
  const folder = join(root, "plugins", "terraform.local", "portcullis", "local", "1.4.0", platform);
  const file = join(folder, "terraform-provider-local_v1.4.0");
  mkdirSync(folder, { recursive: true });
  copyFileSync(toolPath("terraform-provider-local"), file);
  chmodSync(file, 0o755);
  return join(root, "plugins");
}

function template() {
  const folder = join(root, "template");
  mkdirSync(folder);
  const code = `terraform {
  required_providers {
    local = { source = "terraform.local/portcullis/local" }
  }
}
variable "file" { type = string }
resource "local_file" "it" {
  filename = var.file
  content  = "it"
  provisioner "local-exec" { command = "sleep ${Number(flags.seconds)}" }
}
`;
  writeFileSync(join(folder, "main.tf"), code);
  return folder;
}

const database = await openPglite(join(root, "db"));
const store = await createStore(database, systemClock);
const caller = await store.audit.caller();
const [folder, mirror] = [template(), plugins()];

async function timed(parallel) {
  const environment = `with-${parallel}`;
  const provisioning = { programs: { tofu: toolPath("tofu") }, plugins: mirror, templates: [root], parallel };
  const config = { dataDir: join(root, environment), provisioning };
  const opened = await openKinds({ store, config, clock: systemClock, endpointUrl: null });
  const actions = createActions({
    ...{ journal: store.actions, gate: allowingGate(), kinds: opened.kinds, clock: systemClock },
    ...{ settings: undefined, eventsOf: opened.eventsOf },
  });
  const stacks = names.map((name) => ({ name, tool: "tofu", variables: { file: join(root, environment, name) } }));
  const parameters = { environment, definition: { name: environment, template: folder, stacks } };
  const request = { kind: "provisioning.apply", parameters, reason: null };
  const asked = await actions.request(request, { ...caller.actor, roles: [] }, caller);
  const done = await actions.run(asked.id, caller);
  await actions.close();
  await opened.close();
  return done;
}

for (const parallel of flags.parallel.split(",").map(Number)) {
  const { state, message, steps, startedAt, endedAt } = await timed(parallel);
  const second = (time) => ((Date.parse(time) - Date.parse(startedAt)) / 1_000).toFixed(1);
  console.log(`${parallel} at once: ${state}${message === null ? "" : ` (${message})`} in ${second(endedAt)} s`);
  for (const { step, startedAt: from, endedAt: to } of steps)
    console.log(`  wave ${step.wave}\t${step.id}\t${second(from)} s to ${second(to)} s`);
}
await store.close();
rmSync(root, { recursive: true });
