// From what is recorded of a stack to one that can run: its code by its hash, its variables with their values.
import { join } from "node:path";
import { PortcullisError } from "../../errors.js";
import { isObject, own, setOwn, type Json } from "../../json.js";
import { makeFolder } from "../../folders.js";
import type { ActionContext } from "../action.js";
import { keptContent } from "./content.js";
import { inputOf } from "./environment.js";
import type { RecordedStack } from "./environments.js";
import type { Stack, StackContext, StackOutputs, StackTool, StackTools } from "./stack-tool.js";

export interface StackPlaces {
  readonly tools: StackTools;
  /** The data folder of provisioning: private. */
  readonly data: string;
  /** Names of environment variables that templates may ask for, and where they are found. */
  readonly secrets: {
    readonly names: ReadonlySet<string>;
    readonly values: { readonly [name: string]: string | undefined };
  };
  /** Stacks that are planned, applied or looked at at once. */
  readonly parallel: number;
}

/** Of the stacks that a stack needs; a stack that is not there yet is not in it. */
export type OutputsByStack = ReadonlyMap<string, StackOutputs>;

/** What inputs were before, where they are to be that again. */
export type Pinned = { readonly [variable: string]: Json };

export function contentFolder({ data }: StackPlaces): string {
  return join(data, "content");
}

export interface Feeding {
  readonly environment: string;
  readonly outputs: OutputsByStack;
  readonly pinned?: Pinned;
}

/** Throws `config-invalid` for a secret that is not there or may not be asked for, and for an output that does not exist. */
export function readyStack(recorded: RecordedStack, places: StackPlaces, feeding: Feeding): Stack {
  const { name, colour, tool, folder, workspace, content } = recorded;
  const variables: { [name: string]: Json } = {};
  const secrets = new Set<string>();
  const unknown: string[] = [];
  for (const [variable, value] of Object.entries(recorded.variables)) {
    const secret = isObject(value) ? own(value, "fromEnvironment") : undefined;
    if (typeof secret === "string") secrets.add(variable);
    setOwn(variables, variable, typeof secret === "string" ? secretOf(secret, name, places) : value);
  }
  for (const [variable, input] of Object.entries(recorded.inputs)) {
    const pinned = feeding.pinned === undefined ? undefined : own(feeding.pinned, variable);
    const output = pinned === undefined ? outputOf(input, name, feeding.outputs) : { value: pinned, sensitive: false };
    if (output?.value === undefined) {
      unknown.push(variable);
      continue;
    }
    if (output.sensitive) secrets.add(variable);
    setOwn(variables, variable, output.value);
  }
  const template = keptContent(contentFolder(places), content).folder;
  return {
    ...{ environment: feeding.environment, name, colour, tool, folder, workspace, content },
    ...{ template, variables, secrets, unknown },
  };
}

function secretOf(name: string, stack: string, { secrets }: StackPlaces): string {
  if (!secrets.names.has(name))
    throw new PortcullisError(
      "config-invalid",
      `stack ${stack} asks for the environment variable ${name}, which provisioning.environment does not list`,
    );
  const value = own(secrets.values, name);
  if (value === undefined)
    throw new PortcullisError(
      "config-invalid",
      `stack ${stack} asks for the environment variable ${name}, which is not set`,
    );
  return value;
}

/** Undefined where the stack is not there yet. */
function outputOf(input: string, name: string, outputs: OutputsByStack) {
  const { stack, output } = inputOf(input);
  const all = outputs.get(stack);
  if (all === undefined) return undefined;
  const found = all.get(output);
  if (found !== undefined) return found;
  throw new PortcullisError(
    "config-invalid",
    `stack ${name} takes ${input}, but ${stack} puts out ${[...all.keys()].join(", ") || "nothing"}`,
  );
}

export function toolOf({ tool, name }: Pick<RecordedStack, "tool" | "name">, { tools }: StackPlaces): StackTool {
  const found = tools.get(tool);
  if (found === undefined) throw new PortcullisError("config-invalid", `stack ${name}: ${tool} is not set up here`);
  return found;
}

export function stackContext(
  environment: string,
  { name, colour }: Pick<RecordedStack, "name" | "colour">,
  { data }: StackPlaces,
  { say, signal }: ActionContext,
): StackContext {
  const folder = join(data, "stacks", environment, colour === null ? name : `${name}@${colour}`);
  makeFolder(folder, 0o700);
  return { data: folder, say, signal };
}

/** Of what is there now. */
export async function outputsOf(
  environment: string,
  stacks: readonly RecordedStack[],
  places: StackPlaces,
  context: ActionContext,
): Promise<OutputsByStack> {
  const found = new Map<string, StackOutputs>();
  for (const recorded of stacks) {
    // Its own variables are not needed to read what it put out.
    const stack = readyStack({ ...recorded, variables: {}, inputs: {} }, places, { environment, outputs: new Map() });
    const at = stackContext(environment, recorded, places, context);
    const tool = toolOf(recorded, places);
    if ((await tool.facts(stack, at)).exists) found.set(recorded.name, await tool.outputs(stack, at));
  }
  return found;
}

/** What may be written down. */
export function shownOutputs(outputs: StackOutputs): { readonly [name: string]: Json } {
  const shown: { [name: string]: Json } = {};
  for (const [name, { value, sensitive }] of outputs) if (!sensitive && value !== undefined) setOwn(shown, name, value);
  return shown;
}
