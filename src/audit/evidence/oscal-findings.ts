// What the observations mean for each control. OSCAL knows `satisfied` and `not-satisfied` only: a control is satisfied when
// policies alone prove it, all of them passed, and nothing was waived; whatever is in doubt is not.
import type { ControlResult } from "../../compliance/baseline.js";
import type { JsonObject } from "../../json.js";
import type { OscalInput } from "./oscal-input.js";
import { policyObservationUuid } from "./oscal-observations.js";
import { baselineUuid, props, some, uuid } from "./oscal-pieces.js";
import type { Risk } from "./oscal-risks.js";
import { controlToken, markup, paragraphs } from "./oscal-text.js";

interface Target {
  readonly satisfied: boolean;
  readonly reason: "pass" | "fail" | "other";
  /** In a sentence, why. */
  readonly because: string;
}

export function findings(input: OscalInput, found: readonly Risk[], observed: ReadonlySet<string>): JsonObject[] {
  const risksByPolicy = new Map<string, string[]>();
  for (const { policy, uuid: id } of found) risksByPolicy.set(policy, [...(risksByPolicy.get(policy) ?? []), id]);
  const excepted = new Set(input.exceptions.map(({ policy }) => policy));
  return input.baselines.flatMap(({ id, controls }) =>
    uniqueControls(controls).map((control) => {
      const policies = [...new Set(control.policies)];
      const target = targetOf(
        control,
        policies.some((policy) => excepted.has(policy)),
      );
      return {
        ...finding(input, { ...control, baseline: id }, target),
        ...some(
          "related-observations",
          policies
            .filter((policy) => observed.has(policy))
            .map((policy) => ({ "observation-uuid": policyObservationUuid(input, policy) })),
        ),
        ...some(
          "related-risks",
          policies.flatMap((policy) => risksByPolicy.get(policy) ?? []).map((risk) => ({ "risk-uuid": risk })),
        ),
        ...(control.manual === null ? {} : { remarks: `Manual evidence: ${markup(control.manual)}` }),
      };
    }),
  );
}

export function uniqueControls(controls: readonly ControlResult[]): readonly ControlResult[] {
  return [...new Map(controls.map((control) => [control.control, control])).values()];
}

function finding(input: OscalInput, control: ControlResult, { satisfied, reason, because }: Target): JsonObject {
  const { baseline, control: id, counts } = control;
  const token = controlToken(baseline, id);
  return {
    uuid: uuid("finding", input.id, baseline, id),
    title: markup(`${id} ${control.title}`),
    description: paragraphs(
      because,
      `Verdicts: ${counts.pass} pass, ${counts.fail} fail, ${counts.unknown} unknown, ${counts.error} error, ${counts.waived} waived.`,
    ),
    ...props({ baseline, control: id, status: control.status, kind: control.kind, ...counts }),
    links: [{ href: `#${baselineUuid(baseline)}`, rel: "reference" }],
    target: {
      type: "objective-id",
      "target-id": `${token}_obj`,
      status: { state: satisfied ? "satisfied" : "not-satisfied", reason, remarks: because },
    },
  };
}

function targetOf({ status, kind, counts }: ControlResult, excepted: boolean): Target {
  const doubt = (because: string): Target => ({ satisfied: false, reason: "other", because });
  if (status === "fail" || counts.fail > 0) return { satisfied: false, reason: "fail", because: "A policy failed." };
  if (status === "error" || counts.error > 0) return doubt("Something could not be evaluated.");
  if (status === "unknown" || counts.unknown > 0) return doubt("A value that a policy needs is not known.");
  if (status === "not-assessed" || counts.pass + counts.waived === 0)
    return doubt("Not assessed: no policy looked at a resource.");
  if (counts.waived > 0) return doubt("Failures are waived.");
  if (excepted) return doubt("A policy of the control did not pass at some time of the period.");
  if (kind !== "automated") return doubt("The policies passed; they prove a part, and the rest needs manual evidence.");
  return { satisfied: true, reason: "pass", because: "All policies passed." };
}
