// OSCAL component definition: which policies test which controls. One component for each provider whose resources policies
// judge, with the policies as rules by the convention of compliance-trestle, and one for what people have to show.
import type { ControlResult } from "../../compliance/baseline.js";
import type { JsonObject } from "../../json.js";
import { uniqueControls } from "./oscal-findings.js";
import type { OscalBaseline, OscalInput, OscalPolicy } from "./oscal-input.js";
import {
  baselineResource,
  baselineUuid,
  metadata,
  portcullisNs,
  props,
  some,
  trestleNs,
  uuid,
} from "./oscal-pieces.js";
import { controlToken, markup, paragraphs, plain } from "./oscal-text.js";

/** The same input gives the same document. */
export function componentDefinition(input: OscalInput): JsonObject {
  const providers = [...new Set(input.policies.map(({ provider }) => provider))].sort();
  const components = [
    ...providers.map((provider) => policyComponent(input, provider)),
    ...manualComponent(input.baselines),
  ];
  return {
    "component-definition": {
      uuid: uuid("component-definition", input.id, input.generatedAt),
      metadata: metadata({ ...input, waivers: [] }, `Policies of: ${input.title}`),
      ...some("components", components),
      ...(input.baselines.length === 0 ? {} : { "back-matter": { resources: input.baselines.map(baselineResource) } }),
    },
  };
}

function policyComponent({ policies, baselines }: OscalInput, provider: string): JsonObject {
  const own = new Map(policies.filter((policy) => policy.provider === provider).map((policy) => [policy.id, policy]));
  const id = uuid("component", "policies", provider);
  return {
    uuid: id,
    type: "validation",
    title: markup(`Policies: ${provider}`),
    description: markup(`Policies that judge the resources of ${provider}.`),
    props: [...own.values()].flatMap(ruleProps),
    ...some(
      "control-implementations",
      baselines.flatMap((baseline) => policyImplementation(id, baseline, own)),
    ),
  };
}

/** The properties of one rule share their group; compliance-trestle reads the same from their remarks. */
function ruleProps({ id, title, description, severity, hash }: OscalPolicy, at: number): JsonObject[] {
  const set = `rule_set_${String(at).padStart(4, "0")}`;
  const common = { group: set, remarks: set };
  const rule = { Rule_Id: id, Rule_Description: description || title, Check_Id: id, Check_Description: title };
  return [
    ...Object.entries(rule).map(([name, value]) => ({ name, ns: trestleNs, value: plain(value), ...common })),
    { name: "severity", ns: portcullisNs, value: severity, ...common },
    ...(hash === null ? [] : [{ name: "policy-sha256", ns: portcullisNs, value: plain(hash), ...common }]),
  ];
}

function policyImplementation(
  component: string,
  baseline: OscalBaseline,
  own: ReadonlyMap<string, OscalPolicy>,
): JsonObject[] {
  const requirements = uniqueControls(baseline.controls).flatMap((control) => {
    const rules = [...new Set(control.policies)].filter((policy) => own.has(policy));
    return rules.length === 0 ? [] : [requirement(component, { ...control, baseline: baseline.id }, rules)];
  });
  return implementation(component, baseline, requirements);
}

function implementation(component: string, { id, title }: OscalBaseline, requirements: JsonObject[]): JsonObject[] {
  if (requirements.length === 0) return [];
  return [
    {
      uuid: uuid("control-implementation", component, id),
      source: `#${baselineUuid(id)}`,
      description: markup(title),
      "implemented-requirements": requirements,
    },
  ];
}

function requirement(component: string, control: ControlResult, rules: readonly string[]): JsonObject {
  const { baseline, control: id, title, kind, manual } = control;
  const own = props({ baseline, control: id, kind }).props ?? [];
  return {
    uuid: uuid("implemented-requirement", component, baseline, id),
    "control-id": controlToken(baseline, id),
    description: paragraphs(
      markup(`${id} ${title}`),
      rules.length === 0 ? null : `Tested by: ${rules.map(markup).join(", ")}.`,
    ),
    props: [...own, ...rules.map((rule) => ({ name: "Rule_Id", ns: trestleNs, value: plain(rule) }))],
    ...(manual === null ? {} : { remarks: `Manual evidence: ${markup(manual)}` }),
  };
}

/** Controls that need people, alone or beside policies: no control of a baseline is silent. */
function manualComponent(baselines: readonly OscalBaseline[]): JsonObject[] {
  const id = uuid("component", "manual-evidence");
  const implementations = baselines.flatMap((baseline) =>
    implementation(
      id,
      baseline,
      uniqueControls(baseline.controls)
        .filter(({ manual, policies }) => manual !== null || policies.length === 0)
        .map((control) => requirement(id, { ...control, baseline: baseline.id }, [])),
    ),
  );
  if (implementations.length === 0) return [];
  return [
    {
      uuid: id,
      type: "process-procedure",
      title: "Manual evidence",
      description: "What people have to show, because no policy can prove it, or only a part of it.",
      "control-implementations": implementations,
    },
  ];
}
