// What runs a stack: OpenTofu, Terraform, Pulumi, Helm, Argo CD. One small interface, so that environments know none of them.
import type { Json } from "../../json.js";
import type { Change, PlannedResource } from "../action.js";
import type { toolNames } from "./environment-settings.js";

export type ToolName = (typeof toolNames)[number];

/** A stack of an environment, ready to run: its code is there and does not change any more. */
export interface Stack {
  readonly environment: string;
  readonly name: string;
  /** `blue` or `green`; null where there is one of it. What the tool names apart (state, workspace, release) has it in its name. */
  readonly colour: string | null;
  readonly tool: ToolName;
  /** SHA-256 of the template's content. */
  readonly content: string;
  /** The template's copy, which nobody writes to. */
  readonly template: string;
  /** In the template: the stack's own. `.` for the template itself. */
  readonly folder: string;
  /** Workspace, Pulumi stack, release: what the user called it, else null. */
  readonly workspace: string | null;
  readonly variables: { readonly [name: string]: Json };
  /** Names of variables whose values are secret: never in a plan, a message or a file that others can read. */
  readonly secrets: ReadonlySet<string>;
  /** Variables that come from a stack that is not there yet. A plan with any is not exact. */
  readonly unknown: readonly string[];
}

export interface StackContext {
  /** Of this stack and colour alone, private and kept: for saved plans, backups, and a state that the tool would keep in the folder. */
  readonly data: string;
  /** Progress for people. Never a secret. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface StackOutput {
  /** Undefined where it is only known after apply. In memory only where it is sensitive. */
  readonly value: Json | undefined;
  readonly sensitive: boolean;
}
export type StackOutputs = ReadonlyMap<string, StackOutput>;

export type Intent = "apply" | "destroy";

/** What the tool would do. */
export interface StackPlan {
  /**
   * Only what changes. Ids are unique among stacks and colours: see `resourceId`. A sensitive value is among `unknown`, and
   * its own text nowhere.
   */
  readonly changes: readonly Change[];
  /** Everything that is there afterwards, changed or not. */
  readonly resources: readonly PlannedResource[];
  /** False where nothing at all is to be done, outputs among it. */
  readonly differs: boolean;
  /** It can be applied as it is. False where a variable is not known yet: then it is planned again and compared. */
  readonly exact: boolean;
  /** SHA-256 of what it does: the same for the same plan of the same world. The saved plan is found by it. */
  readonly digest: string;
  /** Of the state that it was made of, such as lineage and serial; null where there is none. */
  readonly state: string | null;
  readonly outputs: StackOutputs;
  /** What could not be read: with any, nothing is applied. */
  readonly problems: readonly string[];
}

export interface StackFacts {
  /** The state has resources. */
  readonly exists: boolean;
  /** As in `StackPlan.state`. */
  readonly state: string | null;
  /** Who holds the lock, as the tool says it; null where nobody does, or the tool has none. */
  readonly lock: string | null;
}

export interface StateBackup {
  readonly file: string;
  readonly sha256: string;
}

/**
 * All but `apply` and `restore` only read. Several stacks are worked on at once, and one may be read by several; never is one
 * changed by two. Every method throws PortcullisError: `provider-unavailable` where the tool is missing, failed or took
 * too long (with its words, redacted), `usage` where the state is locked, naming by whom.
 */
export interface StackTool {
  /** Saves the plan in `context.data`. What is wrong with the code is a problem; where the tool cannot run at all it throws. */
  plan(stack: Stack, intent: Intent, context: StackContext): Promise<StackPlan>;
  /**
   * Exactly the saved plan with this digest, on exactly the state that it was made of: where either is not so any more, nothing
   * is changed and it throws. Aborted by a signal first, then killed.
   */
  apply(stack: Stack, plan: Pick<StackPlan, "digest" | "state">, context: StackContext): Promise<void>;
  /** Of the state as it is. Empty where there is none. */
  outputs(stack: Stack, context: StackContext): Promise<StackOutputs>;
  facts(stack: Stack, context: StackContext): Promise<StackFacts>;
  /** A copy of the state, the last 20 kept; null where there is none. */
  backupState(stack: Stack, context: StackContext): Promise<StateBackup | null>;
  /**
   * Brings back what was there in this `StackPlan.state`, exactly, and waits until it is healthy. Only of tools that remember
   * what they ran (releases, deployments); of others the former template is applied.
   */
  restore?(stack: Stack, state: string, context: StackContext): Promise<void>;
}

export type StackTools = ReadonlyMap<ToolName, StackTool>;

/** `paper/network/aws_vpc.main`, or with a colour `paper/web@blue/aws_instance.web`. */
export function resourceId({ environment, name, colour }: Stack, address: string): string {
  return `${environment}/${name}${colour === null ? "" : `@${colour}`}/${address}`;
}
