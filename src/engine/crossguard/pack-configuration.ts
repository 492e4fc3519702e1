// The configuration of a pack as the Pulumi engine builds it (pkg/resource/analyzer/config.go): the defaults of the
// schemas, over them what the pack itself says, over that what the user says. A pack applies no defaults by itself.
import { Ajv } from "ajv";
import { messageOf, PortcullisError } from "../../errors.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import {
  enforcementLevels,
  type EnforcementLevel,
  type PackConfiguration,
  type PackInfo,
  type PolicyConfiguration,
  type PolicyInfo,
} from "./analyzer-client.js";

/**
 * What each policy of the pack is run with. `given` is the user's, in the form of `--policy-pack-config`: by the name of a
 * policy, or `all`, either an enforcement level or an object with `enforcementLevel` and the policy's own properties.
 * Throws PortcullisError("config-invalid") for a configuration that the pack does not take.
 */
export function reconcileConfiguration(info: PackInfo, given: JsonObject): PackConfiguration {
  const users = parseConfiguration(info, given);
  const defaults = new Map(info.policies.map((policy) => [policy.name, defaultsOf(policy)]));
  const result = applied(applied(defaults, info.initialConfig), users);
  const problems = info.policies.flatMap((policy) => invalidProperties(policy, result.get(policy.name)));
  if (problems.length > 0) throw invalid(info, problems);
  return result;
}

function defaultsOf({ enforcementLevel, configSchema }: PolicyInfo): PolicyConfiguration {
  const properties: { [key: string]: Json } = {};
  for (const [name, schema] of Object.entries(configSchema?.properties ?? {})) {
    const value = isObject(schema) ? own(schema, "default") : undefined;
    if (value !== undefined) setOwn(properties, name, value);
  }
  return { enforcementLevel, properties };
}

/** `all` sets the level of the policies that are there; then each policy's own settings win. */
function applied(base: PackConfiguration, over: PackConfiguration): PackConfiguration {
  const result = new Map(base);
  const all = over.get("all")?.enforcementLevel ?? null;
  if (all !== null) {
    for (const [name, { properties }] of result) result.set(name, { enforcementLevel: all, properties });
  }
  for (const [name, { enforcementLevel, properties }] of over) {
    const before = result.get(name);
    if (before === undefined) continue; // `all`, or a policy that the pack does not have
    const merged = { ...before.properties };
    for (const [key, value] of Object.entries(properties)) setOwn(merged, key, value);
    result.set(name, { enforcementLevel: enforcementLevel ?? before.enforcementLevel, properties: merged });
  }
  return result;
}

function parseConfiguration(info: PackInfo, given: JsonObject): PackConfiguration {
  const problems: string[] = [];
  const parsed = new Map<string, PolicyConfiguration>();
  for (const [name, value] of Object.entries(given)) {
    const policy = info.policies.find((one) => one.name === name);
    const { level, properties } = typeof value === "string" ? { level: value, properties: {} } : partsOf(value);
    if (name !== "all" && policy === undefined) problems.push(`${name}: the pack has no such policy`);
    if (properties === null) problems.push(`${name}: expected an enforcement level or an object`);
    else if (policy !== undefined) problems.push(...unknownProperties(policy, properties));
    if (level !== undefined && !isLevel(level)) {
      problems.push(
        `${name}: ${JSON.stringify(level)} is no enforcement level; there are ${enforcementLevels.join(", ")}`,
      );
    } else {
      parsed.set(name, { enforcementLevel: level ?? null, properties: properties ?? {} });
    }
  }
  if (problems.length > 0) throw invalid(info, problems);
  return parsed;
}

function partsOf(value: Json): { level: Json | undefined; properties: JsonObject | null } {
  if (!isObject(value)) return { level: undefined, properties: null };
  const { enforcementLevel: level, ...properties } = value;
  return { level, properties };
}

/** The engine passes them on, and the policy never sees what was meant: a name that is misspelt is an error here. */
function unknownProperties({ name, configSchema }: PolicyInfo, properties: JsonObject): string[] {
  const known = Object.keys(configSchema?.properties ?? {});
  return Object.keys(properties)
    .filter((key) => !known.includes(key))
    .map((key) => `${name}: no property ${key}; it has ${known.join(", ") || "none"}`);
}

function isLevel(value: Json): value is EnforcementLevel {
  return (enforcementLevels as readonly Json[]).includes(value);
}

function invalidProperties(policy: PolicyInfo, configuration: PolicyConfiguration | undefined): string[] {
  if (policy.configSchema === null || configuration === undefined) return [];
  const { properties, required } = policy.configSchema;
  try {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
    const validate = ajv.compile({ type: "object", properties, required });
    if (validate(configuration.properties)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) =>
      [`${policy.name}:`, instancePath.slice(1).replaceAll("/", "."), message ?? "is not valid"]
        .filter((part) => part !== "")
        .join(" "),
    );
  } catch (error) {
    return [`${policy.name}: the pack's own schema is not valid: ${messageOf(error)}`];
  }
}

function invalid(info: PackInfo, problems: readonly string[]): PortcullisError {
  const lines = problems.map((problem) => `  ${problem}`).join("\n");
  return new PortcullisError(
    "config-invalid",
    `the configuration of the policy pack ${info.name} is not valid:\n${lines}`,
  );
}
