// A stack tool for tests that need no other program: a stack is a list of files, and the world is a folder. It has plans, a state with
// a serial, and applies file by file, so that it can be cut in the middle.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { canonicalJson } from "../../../audit/canonical-json.js";
import type { Json, JsonObject } from "../../../json.js";
import type { Change, PlannedResource } from "../../action.js";
import { keepBackup } from "../state-backups.js";
import {
  resourceId,
  type Intent,
  type Stack,
  type StackContext,
  type StackOutput,
  type StackPlan,
  type StackTool,
} from "../stack-tool.js";
import { refused } from "../tool-errors.js";

/** `stack.json` of a template. `{name}` in values is a variable. */
interface FileStack {
  readonly files: { readonly [path: string]: string };
  readonly outputs?: { readonly [name: string]: string };
}

interface State {
  readonly serial: number;
  readonly files: { readonly [path: string]: string };
  readonly outputs: { readonly [name: string]: string };
}

export interface FileStackOptions {
  /** Where the files are written. */
  readonly world: string;
  /** Called before each file: throws, or ends the process. */
  readonly before?: (stack: Stack, path: string) => void;
}

const nothing: State = { serial: 0, files: {}, outputs: {} };

export function createFileStackTool({ world, before = () => undefined }: FileStackOptions): StackTool {
  const stateFile = ({ data }: StackContext): string => join(data, "state.json");
  const stateIn = (context: StackContext): State =>
    existsSync(stateFile(context)) ? (JSON.parse(readFileSync(stateFile(context), "utf8")) as State) : nothing;
  const write = (context: StackContext, state: State): void => {
    writeFileSync(stateFile(context), JSON.stringify(state));
  };
  const placeOf = (stack: Stack, path: string): string =>
    join(world, stack.environment, stack.colour === null ? stack.name : `${stack.name}@${stack.colour}`, path);
  const live = (stack: Stack, { files }: State): { readonly [path: string]: string } =>
    Object.fromEntries(
      Object.keys(files).flatMap((path) => {
        const place = placeOf(stack, path);
        return existsSync(place) ? [[path, readFileSync(place, "utf8")]] : [];
      }),
    );
  const plan = (stack: Stack, intent: Intent, context: StackContext): StackPlan => {
    const state = stateIn(context);
    const wanted = intent === "destroy" ? { files: {}, outputs: {} } : wantedOf(stack);
    const is = live(stack, state);
    const paths = [...new Set([...Object.keys(is), ...Object.keys(wanted.files)])].sort();
    const resources = Object.entries(wanted.files).map(([path, text]) => fileResource(stack, path, text));
    const changes: Change[] = paths
      .filter((path) => is[path] !== wanted.files[path])
      .map((path) => ({
        before: is[path] === undefined ? null : fileResource(stack, path, is[path]),
        after: wanted.files[path] === undefined ? null : fileResource(stack, path, wanted.files[path]),
      }));
    const outputsDiffer = intent === "apply" && canonicalJson(wanted.outputs) !== canonicalJson(state.outputs);
    const left = intent === "destroy" && Object.keys(state.files).length > 0;
    const text = canonicalJson({ changes, outputs: wanted.outputs, intent } as unknown as Json);
    return {
      ...{
        changes,
        resources,
        differs: changes.length > 0 || outputsDiffer || left,
        exact: stack.unknown.length === 0,
      },
      digest: createHash("sha256").update(text).digest("hex"),
      state: state.serial === 0 ? null : String(state.serial),
      outputs: outputsOf(wanted.outputs),
      problems: [],
    };
  };
  return {
    plan: (stack, intent, context) => Promise.resolve(plan(stack, intent, context)),
    apply(stack, { digest, state }, context) {
      const [apply, destroy] = [plan(stack, "apply", context), plan(stack, "destroy", context)];
      const isApply = apply.digest === digest;
      if ((!isApply && destroy.digest !== digest) || apply.state !== state)
        return Promise.reject(refused(`the plan of ${stack.name} is stale`));
      const wanted = isApply ? wantedOf(stack) : { files: {}, outputs: {} };
      let files = { ...stateIn(context).files };
      let { serial } = stateIn(context);
      for (const { before: was, after } of (isApply ? apply : destroy).changes) {
        const path = String((after ?? was)?.resource.name);
        try {
          before(stack, path);
        } catch (error) {
          return Promise.reject(error instanceof Error ? error : new Error(String(error)));
        }
        const place = placeOf(stack, path);
        const text = wanted.files[path];
        // The state first, as tools do: what is there is never forgotten.
        files = { ...files, [path]: text ?? "" };
        write(context, { serial: ++serial, files, outputs: stateIn(context).outputs });
        mkdirSync(dirname(place), { recursive: true });
        if (text === undefined) rmSync(place, { force: true });
        else writeFileSync(place, text);
      }
      write(context, { serial: serial + 1, files: wanted.files, outputs: wanted.outputs });
      return Promise.resolve();
    },
    outputs: (_, context) => Promise.resolve(outputsOf(stateIn(context).outputs)),
    facts(_, context) {
      const { serial, files } = stateIn(context);
      return Promise.resolve({
        exists: Object.keys(files).length > 0,
        state: serial === 0 ? null : String(serial),
        lock: null,
      });
    },
    backupState: (_, context) =>
      existsSync(stateFile(context))
        ? keepBackup(context, readFileSync(stateFile(context), "utf8"))
        : Promise.resolve(null),
  };
}

function wantedOf(stack: Stack): Pick<State, "files" | "outputs"> {
  const { files, outputs = {} } = JSON.parse(
    readFileSync(join(stack.template, stack.folder, "stack.json"), "utf8"),
  ) as FileStack;
  const filled = (values: { readonly [name: string]: string }): { readonly [name: string]: string } =>
    Object.fromEntries(
      Object.entries(values).map(([name, text]) => [
        name,
        text.replaceAll(/\{(\w+)\}/g, (_, variable: string) => textOf(stack.variables[variable])),
      ]),
    );
  return { files: filled(files), outputs: filled(outputs) };
}

function outputsOf(outputs: { readonly [name: string]: string }): ReadonlyMap<string, StackOutput> {
  return new Map(
    Object.entries(outputs).map(([name, text]) => {
      const isJson = /^[[{]/.test(text);
      return [name, { value: isJson ? (JSON.parse(text) as Json) : text, sensitive: name.startsWith("secret") }];
    }),
  );
}

function fileResource(stack: Stack, path: string, content: string): PlannedResource {
  const config: JsonObject = { path, content };
  return {
    resource: {
      ...{
        id: resourceId(stack, path),
        provider: "files",
        type: "Files::File",
        name: path,
        account: null,
        region: null,
      },
      ...{ tags: {}, config, unknown: stack.unknown.length > 0 ? ["/config/content"] : [], raw: config },
      source: { scanner: "files", uri: null, line: null, column: null, capturedAt: null },
    },
    references: [],
    failures: [],
  };
}

function textOf(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
