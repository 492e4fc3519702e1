// Applications of Argo CD as stacks: what a commit would change is gated, and then exactly that commit is synced.
import { PortcullisError } from "../../../errors.js";
import type { Json } from "../../../json.js";
import type {
  Intent,
  Stack,
  StackContext,
  StackFacts,
  StackOutput,
  StackOutputs,
  StackPlan,
  StackTool,
  StateBackup,
} from "../stack-tool.js";
import { keepBackup } from "../state-backups.js";
import { refused } from "../tool-errors.js";
import type { ApplicationName } from "./argocd-client.js";
import { deploymentOf, operationOf, planOfSync, stateOf, syncedRevision, syncVariables } from "./argocd-plan.js";
import type { SyncVariables } from "./argocd-plan.js";
import type { Application } from "./argocd-shapes.js";
import { Syncing, type SyncingOptions } from "./argocd-sync.js";

export function createArgocdTool(options: SyncingOptions): StackTool {
  return new ArgocdTool(options);
}

class ArgocdTool implements StackTool {
  readonly #client: SyncingOptions["client"];
  readonly #syncing: Syncing;

  constructor(options: SyncingOptions) {
    this.#client = options.client;
    this.#syncing = new Syncing(options);
  }

  async plan(stack: Stack, intent: Intent, { signal }: StackContext): Promise<StackPlan> {
    const [name, wanted] = [nameOf(stack), variablesOf(stack)];
    const application = await this.#client.application(name, signal);
    if (application === null) {
      if (intent === "destroy") return nothing;
      return { ...nothing, differs: true, problems: [`there is no application ${name.name} that the token may see`] };
    }
    const manifests = intent === "destroy" ? [] : await this.#client.manifests(name, wanted.revision, signal);
    const live = await this.#live(name, signal);
    return planOfSync(stack, { intent, wanted }, { application, manifests, live });
  }

  async apply(
    stack: Stack,
    { digest, state }: Pick<StackPlan, "digest" | "state">,
    context: StackContext,
  ): Promise<void> {
    const [name, wanted] = [nameOf(stack), variablesOf(stack)];
    for (const intent of ["apply", "destroy"] as const) {
      const now = await this.plan(stack, intent, context);
      if (now.digest !== digest) continue;
      if (now.state !== state) throw refused(`application ${name.name} was synced since it was planned`);
      if (now.problems.length > 0) throw refused(now.problems.join("; "));
      const { revision, prune = false } = wanted;
      await (intent === "apply"
        ? this.#syncing.sync(name, { revision, prune }, context)
        : this.#syncing.remove(name, context));
      return;
    }
    throw refused(`what a sync of ${name.name} would do is not what was planned any more`);
  }

  async restore(stack: Stack, state: string, context: StackContext): Promise<void> {
    const deployment = deploymentOf(state);
    if (deployment === null) throw refused(`${state} is no deployment of Argo CD`);
    await this.#syncing.rollback(nameOf(stack), deployment, context);
  }

  async outputs(stack: Stack, { signal }: StackContext): Promise<StackOutputs> {
    const application = await this.#client.application(nameOf(stack), signal);
    return new Map(application === null ? [] : outputsOf(application));
  }

  async facts(stack: Stack, { signal }: StackContext): Promise<StackFacts> {
    const name = nameOf(stack);
    const application = await this.#client.application(name, signal);
    if (application === null) return { exists: false, state: null, lock: null };
    const live = await this.#live(name, signal);
    return { exists: live.length > 0, state: stateOf(application), lock: operationOf(application) };
  }

  async backupState(stack: Stack, context: StackContext): Promise<StateBackup | null> {
    const application = await this.#client.application(nameOf(stack), context.signal);
    if (application === null) return null;
    const { spec, status } = application;
    return keepBackup(context, JSON.stringify({ spec, history: status?.history ?? [] }, null, 2));
  }

  async #live(name: ApplicationName, signal: AbortSignal): Promise<readonly string[]> {
    const managed = await this.#client.managed(name, signal);
    return managed.flatMap(({ liveState = "null", hook }) =>
      liveState === "null" || hook === true ? [] : [liveState],
    );
  }
}

const nothing: StackPlan = {
  changes: [],
  resources: [],
  differs: false,
  exact: true,
  digest: "0".repeat(64),
  state: null,
  outputs: new Map(),
  problems: [],
};

/** What only reads knows no variables: the name has to do without them. */
function nameOf({ environment, workspace, name, colour }: Stack): ApplicationName {
  const whole = workspace ?? `${environment}-${name}`;
  return { name: colour === null ? whole : `${whole}-${colour}` };
}

function variablesOf({ variables, unknown, name }: Stack): SyncVariables {
  const [missing] = unknown;
  if (missing !== undefined) throw refused(`stack ${name}: ${missing} is not known before other stacks are there`);
  const parsed = syncVariables.safeParse(variables);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "variables"}: ${message}`);
  throw new PortcullisError("config-invalid", `stack ${name}, variables of Argo CD: ${issues.join("; ")}`);
}

function outputsOf(application: Application): (readonly [string, StackOutput])[] {
  const values: Record<string, Json> = {
    revision: syncedRevision(application),
    health: application.status?.health?.status ?? null,
    urls: application.status?.summary?.externalURLs ?? [],
  };
  return Object.entries(values).map(([name, value]) => [name, { value, sensitive: false }] as const);
}
