// A kind of action that really changes something: files in a folder, one for each resource, from what they say to what is asked for.
// A write is a rename, so that it is done or not; each one that had an effect is a line of the log. JavaScript, because processes of
// their own use it too.
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const open = { type: "object", additionalProperties: false };

export const estateParameters = {
  ...open,
  properties: {
    names: { type: "array", items: { type: "string", pattern: "^[a-z0-9-]+$" }, maxItems: 1000 },
    value: { type: "string", maxLength: 100 },
  },
  required: ["names", "value"],
};

/** `at(point, id)` is called at each point of a step: it may throw, wait, or end the process. */
export function estateKind(
  folder,
  {
    onFailure = "rollback",
    at = async () => undefined,
    kind = "remediation.estate",
    atOnce = 1,
    waveOf = (_, index) => (index === 0 ? 0 : 1),
    target = `estate:${folder}`,
  } = {},
) {
  const file = (name) => join(folder, `${name}.json`);
  const valueOf = (name) => (existsSync(file(name)) ? JSON.parse(readFileSync(file(name), "utf8")).value : null);
  const write = (name, value) => {
    if (valueOf(name) === value) return;
    if (value === null) rmSync(file(name));
    else {
      writeFileSync(`${file(name)}.new`, JSON.stringify({ value }));
      renameSync(`${file(name)}.new`, file(name));
    }
    appendFileSync(join(folder, "effects.log"), `${name} ${value}\n`);
  };
  const planned = (name, value) =>
    value === null ? null : { resource: resourceOf(name, value), references: [], failures: [] };
  const stateOf = ({ apply }) => {
    const is = valueOf(apply.name);
    return is === apply.to ? "after" : is === apply.from ? "before" : "other";
  };
  return {
    ...{ kind, module: "remediation", title: "Write files", parameters: estateParameters, permissions: [], onFailure },
    atOnce,
    async plan({ names, value }, context) {
      await at("plan", context.action);
      const from = Object.fromEntries(names.map((name) => [name, valueOf(name)]));
      const toDo = names.filter((name) => from[name] !== value);
      return {
        target: { key: target.slice(0, 400), environment: null, account: null, region: null },
        changes: toDo.map((name) => ({ before: planned(name, from[name]), after: planned(name, value) })),
        steps: toDo.map((name, index) => ({
          ...{ id: `write-${name}`, title: `write ${name}`, resources: [`file:${name}`], wave: waveOf(name, index) },
          apply: { name, from: from[name], to: value },
          rollback: { name, to: from[name] },
        })),
        ...{ problems: [], group: null, cost: null },
      };
    },
    async inspect(step) {
      await at("inspect", step.id);
      return stateOf(step);
    },
    async apply(step) {
      await at("before-apply", step.id);
      write(step.apply.name, step.apply.to);
      await at("after-apply", step.id);
      return { wrote: step.apply.name };
    },
    async rollback(step) {
      await at("before-rollback", step.id);
      write(step.rollback.name, step.rollback.to);
      await at("after-rollback", step.id);
    },
    async verify(plan, steps) {
      await at("verify", steps.at(-1).id);
      const wrong = steps.filter((step) => stateOf(step) !== "after");
      const observed = steps.map(({ apply }) => planned(apply.name, valueOf(apply.name))).filter((one) => one !== null);
      return { verified: wrong.length === 0, reasons: wrong.map(({ title }) => `${title}: not there`), observed };
    },
  };
}

function resourceOf(name, value) {
  return {
    ...{ id: `file:${name}`, provider: "test", type: "Test::File", name, account: null, region: null, tags: {} },
    ...{ config: { value }, unknown: [], raw: null },
    source: { scanner: "test", uri: null, line: null, column: null, capturedAt: null },
  };
}
