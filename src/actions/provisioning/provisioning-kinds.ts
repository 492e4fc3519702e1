// The kinds of action that make, change, promote and destroy environments.
import { Type, type TSchema } from "@sinclair/typebox";
import { existsSync, realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { PortcullisError } from "../../errors.js";
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import type { ActionContext, ActionKind, Plan } from "../action.js";
import { keepContent } from "./content.js";
import { environmentOf, parseEnvironment, type Environment } from "./environment.js";
import { environmentDefinition, type EnvironmentDefinition } from "./environment-settings.js";
import type { EnvironmentRecord } from "./environments.js";
import { planApply } from "./plan-apply.js";
import { planDestroy, type What } from "./plan-destroy.js";
import { applyStep, inspectStep, rollBackStep, verifySteps, type StepRunner } from "./run-step.js";
import { contentFolder } from "./stacks.js";

export interface ProvisioningSources extends StepRunner {
  /** `environments:` of the settings. */
  readonly configured: readonly EnvironmentDefinition[];
  /** Folders that templates may be in. */
  readonly templates: readonly string[];
}

const name = Type.String({ minLength: 1, maxLength: 40, pattern: "^[a-z][a-z0-9-]*$" });
const closed = { additionalProperties: false };

/** References lead nowhere where the schema is a part of another one. What they stand for is any JSON. */
function definitionSchema(): TSchema {
  const schema = z.toJSONSchema(environmentDefinition, { target: "draft-7", io: "input" });
  const { $schema: _, definitions: __, ...own } = withoutReferences(schema as Json) as JsonObject;
  return Type.Unsafe(own);
}

function withoutReferences(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutReferences);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, "$ref")) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutReferences(item)]));
}

export function provisioningKinds(sources: ProvisioningSources): readonly ActionKind[] {
  const definition = Type.Optional(definitionSchema());
  return [
    kindOf(sources, {
      ...{ kind: "provisioning.apply", title: "Create or change an environment", onFailure: "rollback" },
      parameters: Type.Object({ environment: name, definition }, closed),
      plan: (parameters, context) => planOfApply(sources, parameters, context),
    }),
    kindOf(sources, {
      ...{
        kind: "provisioning.promote",
        title: "Bring one environment's version to another one",
        onFailure: "rollback",
      },
      parameters: Type.Object({ from: name, environment: name, definition }, closed),
      plan: (parameters, context) => planOfPromote(sources, parameters, context),
    }),
    kindOf(sources, {
      ...{ kind: "provisioning.destroy", title: "Destroy an environment", onFailure: "pause" },
      parameters: Type.Object({ environment: name }, closed),
      plan: (parameters, context) => planOfDestroy(sources, textOf(parameters, "environment"), context, null),
    }),
    kindOf(sources, {
      ...{ kind: "provisioning.expire", title: "Destroy what is past its time", onFailure: "pause" },
      parameters: Type.Object({ environment: name }, closed),
      plan: (parameters, context) =>
        planOfDestroy(sources, textOf(parameters, "environment"), context, sources.clock.now()),
    }),
  ];
}

type Own = Pick<ActionKind, "kind" | "title" | "onFailure" | "parameters" | "plan">;

function kindOf(sources: ProvisioningSources, own: Own): ActionKind {
  return {
    ...own,
    module: "provisioning",
    permissions: [],
    atOnce: sources.places.parallel,
    inspect: (step, context) => inspectStep(step, sources, context),
    apply: (step, context) => applyStep(step, sources, context),
    rollback: (step, context) => rollBackStep(step, sources, context),
    verify: (_, steps, context) => verifySteps(steps, sources, context),
  };
}

function textOf(parameters: JsonObject, key: string): string {
  const value = own(parameters, key);
  if (typeof value === "string") return value;
  throw new PortcullisError("usage", `expected the parameter ${key}`);
}

async function planOfApply(
  sources: ProvisioningSources,
  parameters: JsonObject,
  context: ActionContext,
): Promise<Plan> {
  const environment = textOf(parameters, "environment");
  const last = await sources.environments.get(environment);
  const wanted = wantedOf(sources, environment, own(parameters, "definition"), null);
  return planWanted(sources, { wanted, last, content: null }, context);
}

/** The version is the template's content; who runs in it and with which values is the other environment's own. */
async function planOfPromote(
  sources: ProvisioningSources,
  parameters: JsonObject,
  context: ActionContext,
): Promise<Plan> {
  const [from, environment] = [textOf(parameters, "from"), textOf(parameters, "environment")];
  const source = await sources.environments.get(from);
  if (source?.state !== "ready") throw new PortcullisError("usage", `there is no environment ${from} to promote from`);
  const last = await sources.environments.get(environment);
  const wanted = wantedOf(sources, environment, own(parameters, "definition"), last);
  const content = source.stacks[0]?.content ?? null;
  if (content === null) throw new PortcullisError("usage", `environment ${from} has no stacks`);
  return planWanted(sources, { wanted, last, content }, context);
}

interface Wanting {
  readonly wanted: Environment;
  readonly last: EnvironmentRecord | null;
  /** Null: the template as it is now. */
  readonly content: string | null;
}

function planWanted(
  sources: ProvisioningSources,
  { wanted, last, content }: Wanting,
  context: ActionContext,
): Promise<Plan> {
  const { places } = sources;
  const environment = wanted.definition.name;
  const kept = content ?? keepContent(templateOf(wanted.definition, sources), contentFolder(places)).sha256;
  const former = last?.state === "ready" ? last : null;
  return planApply({ environment, places, context, wanted, content: kept, former, previous: last?.version ?? null });
}

async function planOfDestroy(
  sources: ProvisioningSources,
  environment: string,
  context: ActionContext,
  now: Date | null,
): Promise<Plan> {
  const record = await sources.environments.get(environment);
  if (record?.state !== "ready")
    throw new PortcullisError("usage", `there is no environment ${environment}; see: portcullis environments list`);
  const what = now === null ? "environment" : dueOf(record, now);
  const configured = sources.configured.find((one) => one.name === environment);
  if (what === "environment" && (record.definition.protected === true || configured?.protected === true))
    throw new PortcullisError(
      "usage",
      `environment ${environment} is protected: it is never destroyed. Record it without "protected" first`,
    );
  return planDestroy(record, what, { environment, places: sources.places, context });
}

function dueOf({ name: environment, expiresAt, retiredUntil, retired }: EnvironmentRecord, now: Date): What {
  const isOver = (time: string | null): boolean => time !== null && Date.parse(time) <= now.getTime();
  if (isOver(expiresAt)) return "environment";
  if (retired.length > 0 && isOver(retiredUntil)) return "former-colour";
  throw new PortcullisError(
    "usage",
    `nothing of environment ${environment} is past its time: it ends ${expiresAt ?? "never"}, its former colour ${retiredUntil ?? "never"}`,
  );
}

/** What the settings say of an environment is theirs alone to say. */
function wantedOf(
  sources: ProvisioningSources,
  environment: string,
  given: Json | undefined,
  last: EnvironmentRecord | null,
): Environment {
  const configured = sources.configured.find((one) => one.name === environment);
  if (configured !== undefined && given !== undefined)
    throw new PortcullisError(
      "usage",
      `environment ${environment} is defined in portcullis.yaml; a request cannot define it again`,
    );
  if (configured !== undefined) return environmentOf(configured, "portcullis.yaml");
  if (given === undefined && last !== null) return environmentOf(last.definition, "its last version");
  if (given === undefined)
    throw new PortcullisError(
      "usage",
      `there is no environment ${environment}: define it under environments in portcullis.yaml, or with the parameter definition`,
    );
  const wanted = parseEnvironment(given, "definition");
  if (wanted.definition.name === environment) return wanted;
  throw new PortcullisError(
    "usage",
    `the definition is of environment ${wanted.definition.name}, asked for is ${environment}`,
  );
}

function templateOf({ template }: EnvironmentDefinition, { templates }: ProvisioningSources): string {
  const folder = resolve(template);
  if (!existsSync(folder)) throw new PortcullisError("config-invalid", `the template ${template} is not there`);
  const real = realpathSync(folder);
  const isBelow = (root: string): boolean => {
    const way = relative(existsSync(root) ? realpathSync(root) : root, real);
    return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
  };
  if (templates.some(isBelow)) return real;
  throw new PortcullisError(
    "config-invalid",
    `the template ${template} is outside of the folders that provisioning.templates allows`,
  );
}
