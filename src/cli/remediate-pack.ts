// `portcullis remediate --pack`: what policy packs propose. For code it is a patch (remediate-code.ts); for live resources it goes
// through the gate where a live remediation does the same.
import { resolve, sep } from "node:path";
import { packFolder } from "../engine/crossguard/load-packs.js";
import type { ProposedChange } from "../engine/verdict.js";
import type { Policy } from "../engine/policy.js";
import { PortcullisError } from "../errors.js";
import { remediationRequests, wantedOf } from "../actions/remediation/remediation-targets.js";
import { systemClock } from "../clock.js";
import { prepareRun } from "../compose.js";
import { printable } from "../printable.js";
import { withActions } from "./actions-command.js";
import { settingsOf } from "./options.js";
import { createOutput } from "./output.js";
import type { PackPlan, Unapplied } from "./pack-plan.js";
import {
  carryOut,
  exitCodeOf,
  openFindings,
  outcomeAsJson,
  outcomeText,
  type Outcome,
  type RemediateLiveFlags,
} from "./remediate-live.js";

export interface PackFlags {
  readonly pack?: readonly string[];
  readonly policy?: string[];
  readonly config?: string;
}

/** The flags with the packs among the policies that run. Throws `usage` for a folder that is no pack. */
export function withPacks<T extends PackFlags>(flags: T, configured: readonly string[]): T & { policy?: string[] } {
  if (flags.pack === undefined) return flags;
  for (const path of flags.pack)
    if (packFolder(path) === null)
      throw new PortcullisError(
        "usage",
        `--pack ${path}: expected a folder with PulumiPolicy.yaml, or crossguard/platform`,
      );
  return { ...flags, policy: [...(flags.policy ?? configured), ...flags.pack] };
}

/** The policies of these packs. */
export function policiesOfPacks(packs: readonly string[], policies: readonly Policy[]): string[] {
  const folders = packs.map((path) => resolve(packFolder(path) ?? path) + sep);
  return policies
    .filter(
      ({ engine, source }) => engine === "crossguard" && folders.some((one) => `${source.file}${sep}`.startsWith(one)),
    )
    .map(({ id }) => id);
}

export type RemediatePackFlags = RemediateLiveFlags & { readonly pack: readonly string[] };

/** As `remediateLive`; 1 also where something was proposed that nothing can apply. */
export async function remediatePack(flags: RemediatePackFlags): Promise<number> {
  const output = createOutput({ color: true, progress: false, quiet: flags.quiet ?? false });
  const common = { ...flags, color: false, progress: false };
  const all = withPacks(common, settingsOf(common).policy);
  return withActions(all, async (opened) => {
    const plan = await planned(all, opened.store);
    const { liveRemediations } = await import("../../remediations/index.js");
    const reason = flags.reason ?? `portcullis remediate --pack ${flags.pack.join(" ")}`;
    const outcomes: Outcome[] = [];
    for (const request of remediationRequests(plan.wanted, liveRemediations, reason.slice(0, 500)))
      outcomes.push(await carryOut(request, opened, flags));
    const text = flags.format === "json" ? asJson(outcomes, plan) : asText(outcomes, plan);
    await output.result(text, null);
    return Math.max(0, ...outcomes.map(exitCodeOf), ...plan.unapplied.map(({ isUnread }) => (isUnread ? 3 : 1)));
  });
}

async function planned(flags: RemediatePackFlags, store: Parameters<typeof openFindings>[1]): Promise<PackPlan> {
  const settings = settingsOf({ ...flags, color: false, progress: false });
  const run = await prepareRun(settings);
  try {
    const ids = policiesOfPacks(flags.pack, run.policies).filter((id) => flags.policyId?.includes(id) ?? true);
    if (ids.length === 0 || run.packs === null)
      throw new PortcullisError("usage", "--policy-id: it is no policy of the pack; portcullis policies list has them");
    const [{ liveRemediations, openCloud }, { packPlan }] = await Promise.all([
      import("../../remediations/index.js"),
      import("./pack-plan.js"),
    ]);
    const findings = await openFindings({ ...flags, policyId: ids }, store);
    const other = findings.find(({ policy }) => !ids.includes(policy));
    if (other !== undefined)
      throw new PortcullisError("usage", `--finding ${other.fingerprint}: it is of ${other.policy}, not of the pack`);
    const roleName = flags.roleName ?? settings.config.actions?.remediate?.roleName ?? null;
    const cloud = await openCloud({ endpointUrl: flags.endpointUrl ?? null, roleName, clock: systemClock });
    try {
      return await packPlan(findings.map(wantedOf), { packs: run.packs, cloud, remediations: liveRemediations });
    } finally {
      cloud.close();
    }
  } finally {
    await run.packs?.close();
  }
}

function asJson(outcomes: readonly Outcome[], { unapplied }: PackPlan): string {
  return JSON.stringify({ version: 1, actions: outcomes.map(outcomeAsJson), unapplied }, null, 2);
}

function asText(outcomes: readonly Outcome[], { unapplied }: PackPlan): string {
  const texts = [...outcomes.map(outcomeText), ...unapplied.map(unappliedText)];
  return texts.length === 0 ? "no open finding of the pack still fails" : texts.join("\n\n");
}

function unappliedText({ policy, resource, why, changes }: Unapplied): string {
  return [`nothing can apply ${policy} to ${resource}: ${why}`, ...changeLines(changes)].map(printable).join("\n");
}

const longest = 200;
const mostLines = 50;

/** Proposed changes, as property path, value before and after. */
export function changeLines(changes: readonly ProposedChange[]): string[] {
  const more = changes.length - mostLines;
  return [
    ...changes.slice(0, mostLines).map(changeLine),
    ...(more > 0 ? [`  and ${more} more; --format json has them`] : []),
  ];
}

function changeLine({ op, path, before, value }: ProposedChange): string {
  const text = (one: unknown): string => {
    const json = one === undefined ? "(not set)" : JSON.stringify(one);
    return json.length > longest ? `${json.slice(0, longest)}...` : json;
  };
  return `  ${path}: ${text(before)} -> ${op === "remove" ? "(taken out)" : text(value)}`;
}
