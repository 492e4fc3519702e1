import { existsSync, readFileSync } from "node:fs";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";
import { actionSettings } from "./actions/action-settings.js";
import { environmentList, provisioningSettings } from "./actions/provisioning/environment-settings.js";
import { gitopsSettings } from "./actions/gitops/gitops-settings.js";
import { alertSettings } from "./alerts/alert-settings.js";
import { hookSettings } from "./api/hooks/hook-settings.js";
import { identitySettings } from "./api/identity/identity-settings.js";
import { opaSettings } from "./api/opa/opa-settings.js";
import { serverSettings } from "./api/server-settings.js";
import { linkNames } from "./compliance/links.js";
import { defaultOwners, ownersBy, type OwnerOf } from "./compliance/owners.js";
import { suppressionModes } from "./compliance/suppressions.js";
import type { PackSettings } from "./engine/crossguard/load-packs.js";
import { severities } from "./engine/policy.js";
import { engineNames } from "./engine/rego/engine.js";
import { messageOf, PortcullisError } from "./errors.js";
import { eventSettings } from "./events/event-settings.js";
import type { JsonObject } from "./json.js";
import { telemetrySettings } from "./observability/telemetry-settings.js";
import { workerSettings } from "./scanning/worker-settings.js";
import { scheduleList } from "./schedules/schedule-settings.js";

const severity = z.enum(severities);

const seconds = z.number().positive().max(86_400).optional();
/** A Pulumi policy pack and how it runs: see docs on packs. */
const pack = z.strictObject({
  path: z.string(),
  /** By policy, as `--policy-pack-config` of Pulumi has it, or the JSON file that holds it. */
  config: z.union([z.string(), z.record(z.string(), z.json())]).optional(),
  runner: z.enum(["own", "stock"]).optional(),
  network: z.boolean().optional(),
  environment: z.array(z.string()).optional(),
  limits: z
    .strictObject({
      start: seconds,
      analyze: seconds,
      analyzeStack: seconds,
      memory: z.number().int().min(64).max(1_000_000).optional(),
    })
    .optional(),
});

const names = linkNames.map((name) => `{${name}}`);
const link = z
  .string()
  .regex(
    /^https?:\/\/[^\s{}]+(\{[a-z]+\}[^\s{}]*)*$/,
    "expected an address that begins with https://, with names in braces",
  )
  .refine((text) => (text.match(/\{[a-z]+\}/g) ?? []).every((name) => names.includes(name)), {
    message: `expected names among ${names.join(", ")}`,
  })
  .optional();

const name = z.string().trim().min(1, "expected some text").max(2_048);
const tag = name.regex(/^[^=]+=/, "expected key=value");
const owners = z.strictObject({
  /** Keys of tags, the first that is there wins; default: owner, team. */
  tags: z.array(name).max(100).optional(),
  /** For resources without such a tag: the first rule of which everything fits. `*` stands for any text. */
  rules: z
    .array(
      z
        .strictObject({
          owner: name.max(256),
          account: name.optional(),
          type: name.optional(),
          resource: name.optional(),
          tag: tag.optional(),
        })
        .refine((rule) => Object.keys(rule).length > 1, "expected an account, a type, a resource or a tag too"),
    )
    .max(10_000)
    .optional(),
});

/** Less than a day is a mistake more often than a wish. */
const age = z.string().regex(/^[1-9]\d{0,4}[dwy]$/, "expected days, weeks or years, such as 400d or 3y");

/** `portcullis.yaml`: what a team would otherwise repeat on every command line. Flags win over it. */
const schema = z.strictObject({
  policy: z.array(z.string()).optional(),
  packs: z.array(pack).optional(),
  baseline: z.array(z.string()).optional(),
  namespace: z.array(z.string()).optional(),
  regoVersion: z.enum(["auto", "v0", "v1"]).optional(),
  defaultPolicies: z.boolean().optional(),
  engine: z.enum(engineNames).optional(),
  severity: severity.optional(),
  failOn: severity.optional(),
  failOnUnknown: z.boolean().optional(),
  format: z.string().optional(),
  dataDir: z.string().optional(),
  varFile: z.array(z.string()).optional(),
  /** Files with waivers. */
  waivers: z.array(z.string()).optional(),
  /** What `portcullis:ignore` in the code may do. */
  suppressions: z.enum(suppressionModes).optional(),
  owners: owners.optional(),
  /** Where a finding can be looked at: addresses with names in braces, such as `{fingerprint}`. */
  links: z.strictObject({ finding: link, resource: link, code: link }).optional(),
  /** How long what is kept; what is not named is kept for ever. */
  retention: z
    .strictObject({
      inventory: age.optional(),
      findings: age.optional(),
      evidence: z.strictObject({ folder: z.string().min(1), keep: age }).optional(),
    })
    .optional(),
  /** `data.parameters` of every policy. */
  parameters: z.record(z.string(), z.json()).optional(),
  /** Scans that `portcullis schedules run` starts. */
  schedules: scheduleList.optional(),
  /** Of `portcullis serve` and `portcullis worker`. */
  server: serverSettings.optional(),
  identity: identitySettings.optional(),
  opa: opaSettings.optional(),
  hooks: hookSettings.optional(),
  events: eventSettings.optional(),
  alerts: alertSettings.optional(),
  workers: workerSettings.optional(),
  /** Of what the gate lets change. */
  actions: actionSettings.optional(),
  /** What is provisioned, and how the tools for it are run. */
  environments: environmentList.optional(),
  provisioning: provisioningSettings.optional(),
  /** Repositories of desired environments. */
  gitops: gitopsSettings.optional(),
  telemetry: telemetrySettings.optional(),
});

export type Config = z.infer<typeof schema>;

const maximumBytes = 1024 * 1024;

/** Reads the file; when it was not asked for by name it may be absent. */
export function loadConfig(file: string, required: boolean): Config {
  if (!required && !existsSync(file)) return {};
  const text = readText(file);
  const result = schema.safeParse(parseYaml(file, text) ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => `  ${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new PortcullisError("config-invalid", `${file} is not a valid configuration:\n${issues.join("\n")}`, {
    places: [{ file }],
  });
}

function readText(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new PortcullisError("config-invalid", `${file} cannot be read: ${messageOf(error)}`, { places: [{ file }] });
  }
  if (text.length > maximumBytes) throw new PortcullisError("config-invalid", `${file} is larger than 1 MiB`);
  return text;
}

function parseYaml(file: string, text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    const place = line === undefined ? file : `${file}:${line}`;
    throw new PortcullisError("config-invalid", `${place}: ${messageOf(error)}`, { places: [{ file }] });
  }
}

export function packsOf(config: Config): PackSettings[] {
  return (config.packs ?? []).map(({ config: given, ...rest }) => ({
    ...rest,
    config: typeof given === "string" ? packConfiguration(given) : given,
  }));
}

function packConfiguration(file: string): JsonObject {
  const text = readText(file);
  const parsed = z.record(z.string(), z.json()).safeParse(parseYaml(file, text) ?? {});
  if (parsed.success) return parsed.data;
  const message = `${file} is no configuration of a policy pack: expected an object with the names of policies, or all`;
  throw new PortcullisError("config-invalid", message, { places: [{ file }] });
}

export function ownersOf({ owners }: Config): OwnerOf {
  return ownersBy({ tags: owners?.tags ?? defaultOwners.tags, rules: owners?.rules ?? [] });
}

export function parametersOf(config: Config): JsonObject {
  return config.parameters ?? {};
}
