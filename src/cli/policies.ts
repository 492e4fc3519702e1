import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { describePolicyPacks, loadPolicies, type PackedPolicy } from "../compose.js";
import { controlsByPolicy } from "../compliance/controls.js";
import { loadBaselines } from "../compliance/load-baselines.js";
import type { Approval, Policy } from "../engine/policy.js";
import type { ControlReference } from "../engine/verdict.js";
import { PortcullisError } from "../errors.js";
import { packageFile } from "../package-root.js";
import { renderRows } from "./rows.js";
import { addPolicyFlags, settingsOf, type CommonFlags } from "./options.js";
import { createOutput } from "./output.js";

interface Listed {
  readonly policy: Policy;
  readonly controls: readonly ControlReference[];
  /** How a policy of a pack runs. */
  readonly pack: PackedPolicy | null;
}

export function addPoliciesCommand(program: Command): void {
  const policies = program.command("policies").description("what is checked");
  addPolicyFlags(policies.command("list"))
    .description("every policy, with the controls that it serves")
    .option("--format <name>", "table or json", "table")
    .addHelpText("after", "\nExample:\n  portcullis policies list --format json")
    .action(async (flags: CommonFlags) => {
      const listed = await listPolicies(flags);
      const text = flags.format === "json" ? JSON.stringify(listed.map(asJson), null, 2) : asTable(listed);
      await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
    });
  addPolicyFlags(policies.command("show"))
    .description("one policy: what it checks, why, how to put it right, and its code")
    .argument("<id>")
    .option("--format <name>", "table or json", "table")
    .action(async (id: string, flags: CommonFlags) => {
      const found = (await listPolicies(flags)).find(({ policy }) => policy.id === id || policy.aliases.includes(id));
      if (found === undefined) throw new PortcullisError("usage", `no policy ${id}; see: portcullis policies list`);
      const text = flags.format === "json" ? JSON.stringify(asJson(found), null, 2) : asPage(found);
      await createOutput({ color: true, progress: false, quiet: false }).result(text, null);
    });
}

async function listPolicies(flags: CommonFlags): Promise<Listed[]> {
  const settings = settingsOf(flags);
  const { policies } = await loadPolicies(settings);
  const packed = await describePolicyPacks(settings);
  const knownPolicies = new Set([...policies, ...packed.map(({ policy }) => policy)].map(({ id }) => id));
  const controls = controlsByPolicy(await loadBaselines({ ids: [], all: true, knownPolicies }));
  return [
    ...policies.map((policy) => ({ policy, pack: null })),
    ...packed.map((pack) => ({ policy: pack.policy, pack })),
  ]
    .map(({ policy, pack }) => ({ policy, pack, controls: controls.get(policy.id) ?? [] }))
    .sort((a, b) => (a.policy.id < b.policy.id ? -1 : 1));
}

function asJson({ policy, controls, pack }: Listed): object {
  const {
    id,
    title,
    description,
    severity,
    engine,
    types,
    provider,
    remediation,
    fix,
    aliases,
    relatedResources,
    approval,
  } = policy;
  return {
    id,
    title,
    description,
    severity,
    engine,
    types,
    provider,
    controls,
    remediation,
    fix,
    aliases,
    relatedResources,
    ...(approval === undefined ? {} : { approval }),
    ...(pack === null ? {} : { pack: pack.settings }),
  };
}

function asTable(listed: readonly Listed[]): string {
  const rows = listed.map(({ policy, controls }) => [
    policy.id,
    policy.severity,
    policy.title,
    String(controls.length),
  ]);
  return renderRows(["policy", "severity", "title", "controls"], rows);
}

function asPage({ policy, controls, pack }: Listed): string {
  // Shipped policies name their file from the package's root.
  const shipped = packageFile(policy.source.file);
  const file = existsSync(shipped) ? shipped : policy.source.file;
  const end = pack === null ? readFileSync(file, "utf8") : JSON.stringify(pack.settings, null, 2);
  const served = controls.map(({ baseline, control }) => `${baseline} ${control}`).join(", ") || "none";
  return [
    `${policy.id} (${policy.severity})`,
    policy.title,
    "",
    policy.description,
    "",
    `Put it right: ${policy.fix}`,
    `Types:        ${pack === null ? policy.types.join(", ") : "those that the policy says itself"}`,
    `Controls:     ${served}`,
    ...(policy.approval === undefined ? [] : [`Approval:     ${approvalText(policy.approval)}`]),
    ...policy.relatedResources.map((url) => `See:          ${url}`),
    "",
    end,
  ].join("\n");
}

function approvalText({ roles, count }: Approval): string {
  return `${count === 1 ? "one person" : `${count} people`} with the role ${roles.join(" or ")}`;
}
