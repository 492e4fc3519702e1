// `environments:` of portcullis.yaml, and the same as a parameter of an action: what an environment is made of.
import { z } from "zod";
import { argocdSettings } from "./argocd/argocd-settings.js";
import { helmSettings } from "./helm/helm-settings.js";
import { pulumiSettings } from "./pulumi/pulumi-settings.js";

/** A part of paths, workspaces and names in tools: none of them gives these letters another meaning. */
const name = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "expected small letters, digits and dashes, at most 40");
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/, "expected the name of a variable");
const environmentName = z.string().regex(/^[A-Z_][A-Z0-9_]{0,99}$/, "expected the name of an environment variable");
const folder = z.string().min(1).max(1_000);
/** Less than ten minutes would end before it is ready. */
const age = z.string().regex(/^[1-9]\d{0,3}[mhdw]$/, "expected minutes, hours, days or weeks, such as 90m or 14d");

export const toolNames = ["tofu", "terraform", "pulumi", "helm", "argocd"] as const;

/** A value, or where the process finds a secret: that is never written down. */
const variable = z.union([z.strictObject({ fromEnvironment: environmentName }), z.json()]);
const variables = z.record(variableName, variable).optional();

const stack = z.strictObject({
  name,
  tool: z.enum(toolNames),
  /** In the template; default: the template itself. */
  folder: folder.optional(),
  variables,
  dependsOn: z.array(name).max(100).optional(),
  /** Variables from what other stacks put out: `vpc: network.vpc_id`. The stack depends on those. */
  inputs: z
    .record(variableName, z.string().regex(/^[a-z][a-z0-9-]{0,39}\.[A-Za-z_][\w-]{0,99}$/, "expected STACK.OUTPUT"))
    .optional(),
  /** Where the tool keeps its state by workspaces: which one; default: one of its own. */
  workspace: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,90}$/)
    .optional(),
  /** It leads to the colour that is in use: planned with `colour` and `share` where it is switched. */
  pointer: z.boolean().optional(),
});

const threshold = {
  name: z.string().min(1).max(100).optional(),
  /** So many good answers in a row; default 3. */
  healthy: z.number().int().min(1).max(100).optional(),
  /** Seconds between two; default 2. */
  interval: z.number().positive().max(600).optional(),
  /** Seconds until it has to be healthy; default 120. */
  within: z.number().positive().max(7_200).optional(),
};
/** `{stack.output}` in an address stands for what a stack puts out. */
const health = z.union([
  z.strictObject({
    ...threshold,
    http: z.string().regex(/^https?:\/\//, "expected an http or https address"),
    /** Default 200. */
    status: z.number().int().min(100).max(599).optional(),
  }),
  z.strictObject({ ...threshold, tcp: z.string().regex(/^[^/\s]+:[^/\s]+$/, "expected HOST:PORT") }),
]);

export const healthChecks = z.array(health).max(50);

export const environmentDefinition = z.strictObject({
  name,
  /** The folder with the code of all stacks. */
  template: folder,
  /** Of every stack. */
  variables,
  stacks: z.array(stack).min(1).max(100),
  /** After that it is destroyed, through the gate. */
  timeToLive: age.optional(),
  strategy: z.enum(["in-place", "blue-green", "canary"]).optional(),
  /** Of canary: percent, rising to 100; default 10, 50, 100. */
  shares: z.array(z.number().int().min(1).max(100)).min(1).max(20).optional(),
  /** How long the former colour stays; default 1h. */
  keepFormer: age.optional(),
  health: healthChecks.optional(),
  /** Never destroyed. */
  protected: z.boolean().optional(),
});
export type EnvironmentDefinition = z.infer<typeof environmentDefinition>;
export type StackDefinition = z.infer<typeof stack>;
export type HealthCheck = z.infer<typeof health>;
export type VariableValue = z.infer<typeof variable>;

export const environmentList = z.array(environmentDefinition).max(1_000);

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Of `90m`, `14d`. */
export function ageMs(text: string): number {
  return Number(text.slice(0, -1)) * unitMs[text.slice(-1) as keyof typeof unitMs];
}

/** `provisioning:` of portcullis.yaml: how the tools are run. */
export const provisioningSettings = z.strictObject({
  /** The program of a tool; default: the tool's name, on PATH. */
  programs: z.partialRecord(z.enum(toolNames), z.string().min(1).max(1_000)).optional(),
  /** A folder with provider plugins, laid out as `providers mirror` does; without one there are only built-in providers. */
  plugins: folder.optional(),
  /** A CLI configuration of Terraform or OpenTofu, instead of one that allows `plugins` and nothing else. */
  cliConfig: folder.optional(),
  /** Environment variables that the tools may see, such as AWS_PROFILE; they see no others. */
  environment: z.array(environmentName).max(100).optional(),
  /** Folders that templates may be in; default: the one with portcullis.yaml. */
  templates: z.array(folder).max(100).optional(),
  /** Seconds that a plan may take; default 900. */
  planTimeout: z.number().positive().max(86_400).optional(),
  /** Seconds that an apply may take; default 3600. */
  applyTimeout: z.number().positive().max(86_400).optional(),
  /** Seconds to wait for the lock of a state; default 30. */
  lockTimeout: z.number().min(0).max(3_600).optional(),
  pulumi: pulumiSettings.optional(),
  helm: helmSettings.optional(),
  argocd: argocdSettings.optional(),
  /** Stacks that are planned, applied or verified at once, where they do not need each other; default 4. */
  parallel: z.number().int().min(1).max(50).optional(),
});
export type ProvisioningSettings = z.infer<typeof provisioningSettings>;
