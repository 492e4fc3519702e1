import { messageOf, PortcullisError } from "../../errors.js";
import type { JsonObject } from "../../json.js";
import type {
  AnalyzerClient,
  Answer,
  EnforcementLevel,
  PackConfiguration,
  PackInfo,
  PackRemediation,
  PolicyConfiguration,
  PolicyInfo,
  StackResource,
} from "./analyzer-client.js";
import { reconcileConfiguration } from "./pack-configuration.js";
import type { PackFolder } from "./pack-folder.js";
import type { PackLimits, PackProcessOptions } from "./pack-process.js";
import { openSession, type Called, type PackSession } from "./pack-session.js";
import type { PulumiResource } from "./pulumi-resource.js";
import type { Sandbox } from "./sandbox.js";

export interface PackOptions {
  /** As `--policy-pack-config` of Pulumi has it. */
  readonly config: JsonObject;
  readonly runner: "own" | "stock";
  readonly allowNetwork: boolean;
  readonly environment: readonly string[];
  readonly limits: PackLimits;
}

export const defaultLimits: PackLimits = { start: 60_000, analyze: 10_000, analyzeStack: 300_000, memory: 2048 };

/** What one policy said of one resource, or of the whole inventory. At most one of the last three is not null. */
export interface PolicyAnswer {
  readonly violations: readonly Violation[];
  /** What it could not decide since a value is not known, in the pack's words. */
  readonly undecided: readonly string[];
  readonly remediation: PackRemediation | null;
  readonly notApplicable: string | null;
  readonly error: string | null;
}

export interface Violation {
  readonly message: string;
  readonly enforcementLevel: EnforcementLevel;
  /** The resource that a stack policy names, or "". */
  readonly urn: string;
}

/** By the name of the policy: one for each that was asked. */
export type PackAnswer = ReadonlyMap<string, PolicyAnswer>;

/** Something that policies are asked about. */
interface Question {
  readonly ask: (client: AnalyzerClient) => Promise<Asked>;
  readonly patience: number;
}

type Asked = Answer & { readonly remediations?: readonly PackRemediation[] };

/** A policy that ended its process so often is not run again. */
const deathsOfPolicy = 3;
/** Nor is a pack that had to be started so often. */
const startsOfPack = 25;
/** So many resources that end the process, each asked about alone: it is a policy, not a resource, and policies are looked at first. */
const deathsOfResources = 2;

/**
 * A policy pack that is started once and stays; it is started again when it ends. Whatever it does, each policy gives an
 * answer for each resource: where it threw, hung, crashed or answered what it was not asked, that is an error with the cause,
 * and found out alone, so that the other policies and resources keep theirs. Not for use by two callers at a time.
 */
export class PolicyPack {
  readonly folder: PackFolder;
  readonly info: PackInfo;
  /** What each policy runs with. */
  readonly configuration: PackConfiguration;
  readonly sandbox: Sandbox;
  readonly #options: PackOptions;
  #session: PackSession | null;
  #starts = 1;
  /** Why the pack is not started again. */
  #gone: string | null = null;
  readonly #deaths = new Map<string, number>();
  readonly #retired = new Map<string, string>();
  readonly #configurations = new Map<string, PackConfiguration>();

  private constructor(
    folder: PackFolder,
    session: PackSession,
    configuration: PackConfiguration,
    options: PackOptions,
  ) {
    this.folder = folder;
    this.info = infoOf(folder, session.info);
    this.configuration = configuration;
    this.sandbox = session.process.sandbox;
    this.#session = session;
    this.#options = options;
  }

  /** Throws PortcullisError: `policy-invalid` for a pack that does not start, `config-invalid` for its configuration. */
  static async start(folder: PackFolder, options: PackOptions): Promise<PolicyPack> {
    const session = await openSession(folder, processOptions(options)).catch((error: unknown) => {
      const message = `the policy pack in ${folder.path} cannot be used: ${messageOf(error)}`;
      throw new PortcullisError("policy-invalid", message, { cause: error, places: [{ file: folder.path }] });
    });
    try {
      checkInfo(folder, session.info);
      const configuration = reconcileConfiguration(session.info, options.config);
      return new PolicyPack(folder, session, configuration, options);
    } catch (error) {
      await session.close("its configuration is not valid");
      throw error;
    }
  }

  /** The policies that are not disabled. */
  enabled(kind: PolicyInfo["kind"]): string[] {
    return this.info.policies
      .filter((policy) => policy.kind === kind && this.level(policy.name) !== "disabled")
      .map(({ name }) => name);
  }

  /** Those that may propose other properties for a resource. */
  get remediating(): string[] {
    return this.enabled("resource").filter((name) => this.level(name) === "remediate");
  }

  level(policy: string): EnforcementLevel {
    return this.configuration.get(policy)?.enforcementLevel ?? "disabled";
  }

  /** One answer for each resource, in their order. */
  async analyze(resources: readonly PulumiResource[]): Promise<PackAnswer[]> {
    const { analyze: patience } = this.#options.limits;
    const questions = resources.map((resource) => ({
      ask: (client: AnalyzerClient) => client.analyze(resource, never),
      patience,
    }));
    return this.#judge(questions, this.enabled("resource"));
  }

  /** What the policies that are set to remediate would change. */
  async remediate(resources: readonly PulumiResource[]): Promise<PackAnswer[]> {
    const { analyze: patience } = this.#options.limits;
    const questions = resources.map((resource) => ({
      ask: async (client: AnalyzerClient) => {
        const remediations = await client.remediate(resource, never);
        return { diagnostics: [], notApplicable: [], remediations };
      },
      patience,
    }));
    return this.#judge(questions, this.remediating);
  }

  async analyzeStack(resources: readonly StackResource[]): Promise<PackAnswer> {
    const { analyzeStack: patience } = this.#options.limits;
    const question = { ask: (client: AnalyzerClient) => client.analyzeStack(resources, never), patience };
    const [answer = new Map()] = await this.#judge([question], this.enabled("stack"));
    return answer;
  }

  /** Ids of the processes that the pack runs in now. */
  processes(): readonly number[] {
    return this.#session?.process.processes() ?? [];
  }

  async close(): Promise<void> {
    this.#gone ??= "it was closed";
    await this.#session?.close("it was closed");
    this.#session = null;
  }

  async #judge(questions: readonly Question[], policies: readonly string[]): Promise<PackAnswer[]> {
    const active = policies.filter((name) => !this.#retired.has(name));
    const answers = await this.#ask(questions, active);
    for (const name of policies) {
      const why = this.#retired.get(name);
      if (why === undefined || active.includes(name)) continue;
      for (const answer of answers) answer.set(name, erroneous(why));
    }
    return answers;
  }

  /** Asks all at once, then, about those that gave no answer, ever fewer policies, until the one is found that gives none. */
  async #ask(questions: readonly Question[], policies: readonly string[]): Promise<Map<string, PolicyAnswer>[]> {
    if (policies.length === 0 || questions.length === 0) return questions.map(() => new Map());
    const called = await this.#call(questions, policies);
    const answers = called.map((one) => ("answer" in one ? one.answer : new Map<string, PolicyAnswer>()));
    const failed = called.flatMap((one, at) => ("failure" in one ? [{ at, ...one }] : []));
    if (failed.length === 0) return answers;
    const [first] = failed;
    if (policies.length === 1 || first === undefined) {
      const [policy = ""] = policies;
      for (const { at, failure } of failed) answers[at]?.set(policy, erroneous(failure));
      return answers;
    }
    const again = failed.map(({ at }) => questions[at] as Question);
    const groups = suspicious(
      policies,
      failed.map(({ failure }) => failure),
    );
    for (const group of groups) {
      const active = group.filter((name) => !this.#retired.has(name));
      const found = await this.#ask(again, active);
      for (const [index, { at }] of failed.entries()) {
        for (const [name, answer] of found[index] ?? []) answers[at]?.set(name, answer);
        for (const name of group) {
          const why = this.#retired.get(name);
          if (why !== undefined && answers[at]?.has(name) === false) answers[at].set(name, erroneous(why));
        }
      }
    }
    return answers;
  }

  /** When the process ends, all that waited for it fail, most of them without guilt: they are asked again one by one. */
  async #call(
    questions: readonly Question[],
    policies: readonly string[],
  ): Promise<Called<Map<string, PolicyAnswer>>[]> {
    const { called, died } = await this.#callOnce(questions, policies);
    if (!died) return called;
    if (questions.length === 1) {
      if (policies.length === 1) this.#countDeath(policies[0] ?? "", called[0]);
      return called;
    }
    const settled = [...called];
    let deaths = 0;
    for (const [at, one] of called.entries()) {
      if ("answer" in one) continue;
      const retired = policies.length === 1 ? this.#retired.get(policies[0] ?? "") : undefined;
      if (policies.length > 1 && deaths >= deathsOfResources) break; // those left are asked again, by fewer policies
      if (retired !== undefined) settled[at] = { failure: retired };
      else settled[at] = (await this.#call([questions[at] as Question], policies))[0] ?? one;
      if (this.#session?.isBroken() === true) deaths++;
    }
    return settled;
  }

  async #callOnce(
    questions: readonly Question[],
    policies: readonly string[],
  ): Promise<{ called: Called<Map<string, PolicyAnswer>>[]; died: boolean }> {
    try {
      const session = await this.#running();
      await session.configure(this.#only(policies));
      const patience = questions[0]?.patience ?? 0;
      const asking = (client: AnalyzerClient, question: Question): Promise<Asked> => question.ask(client);
      const called = await session.callAll(questions, asking, patience);
      return { called: called.map((one) => this.#understood(one, policies)), died: session.isBroken() };
    } catch (error) {
      // It did not start, or did not take its configuration.
      return { called: questions.map(() => ({ failure: messageOf(error) })), died: false };
    }
  }

  #understood(called: Called<Asked>, policies: readonly string[]): Called<Map<string, PolicyAnswer>> {
    if ("failure" in called) return called;
    const problem = answerProblem(called.answer, this.info.name, policies);
    if (problem !== null) return { failure: problem };
    return { answer: byPolicy(called.answer, policies) };
  }

  #countDeath(policy: string, called: Called<unknown> | undefined): void {
    const deaths = (this.#deaths.get(policy) ?? 0) + 1;
    this.#deaths.set(policy, deaths);
    if (deaths < deathsOfPolicy) return;
    const cause = called !== undefined && "failure" in called ? called.failure : "";
    this.#retired.set(policy, `the policy is not run any more: it ended its process ${deaths} times; ${cause}`);
  }

  /** The session, started again when it broke. */
  async #running(): Promise<PackSession> {
    if (this.#gone !== null) throw new Error(this.#gone);
    if (this.#session !== null && !this.#session.isBroken()) return this.#session;
    await this.#session?.close("it broke");
    this.#session = null;
    if (this.#starts >= startsOfPack) {
      this.#gone = `the pack is not started any more: it had to be started ${this.#starts} times`;
      throw new Error(this.#gone);
    }
    this.#starts++;
    try {
      this.#session = await openSession(this.folder, processOptions(this.#options));
    } catch (error) {
      this.#gone = `the pack could not be started again: ${messageOf(error)}`;
      throw new Error(this.#gone, { cause: error });
    }
    return this.#session;
  }

  /** The configuration with all other policies disabled. The same object for the same policies. */
  #only(policies: readonly string[]): PackConfiguration {
    const key = policies.join("\n");
    const known = this.#configurations.get(key);
    if (known !== undefined) return known;
    const kept = new Set(policies);
    const made = new Map<string, PolicyConfiguration>();
    for (const [name, { enforcementLevel, properties }] of this.configuration) {
      made.set(name, { enforcementLevel: kept.has(name) ? enforcementLevel : "disabled", properties });
    }
    this.#configurations.set(key, made);
    return made;
  }
}

/** The watch over a whole batch ends calls; none has a time of its own. */
const never = 24 * 3600 * 1000;

function processOptions({ runner, allowNetwork, environment, limits }: PackOptions): PackProcessOptions {
  return { runner, allowNetwork, environment, limits };
}

/** The version in PulumiPolicy.yaml wins, as in Pulumi. */
function infoOf(folder: PackFolder, info: PackInfo): PackInfo {
  return {
    ...info,
    version: folder.version ?? info.version,
    description: info.description || (folder.description ?? ""),
  };
}

const packName = /^[a-zA-Z0-9-_.]{1,100}$/;

function checkInfo({ path }: PackFolder, info: PackInfo): void {
  const names = info.policies.map(({ name }) => name);
  const odd = names.find((name) => !/^[^\s:]{1,200}$/.test(name) || name === "all");
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const problem = !packName.test(info.name)
    ? `it calls itself ${JSON.stringify(info.name.slice(0, 120))}`
    : odd !== undefined
      ? `it has a policy with the name ${JSON.stringify(odd.slice(0, 220))}`
      : twice !== undefined
        ? `it has two policies with the name ${twice}`
        : names.length === 0
          ? "it has no policies"
          : null;
  if (problem === null) return;
  throw new PortcullisError("policy-invalid", `the policy pack in ${path} cannot be used: ${problem}`, {
    places: [{ file: path }],
  });
}

/** What is wrong with an answer: one about what was not asked may belong to any other. */
function answerProblem(answer: Asked, pack: string, policies: readonly string[]): string | null {
  const asked = new Set(policies);
  const { diagnostics, notApplicable, remediations = [] } = answer;
  const other = [...diagnostics, ...remediations].find((one) => one.pack !== pack);
  if (other !== undefined) return `it answered for the pack ${JSON.stringify(other.pack.slice(0, 100))}`;
  const unasked = [...diagnostics, ...notApplicable, ...remediations].find(({ policy }) => !asked.has(policy));
  if (unasked === undefined) return null;
  return `it answered for the policy ${JSON.stringify(unasked.policy.slice(0, 100))}, which it was not asked about`;
}

const cannotRun = /^can't run policy '.*' from policy pack '.*' during preview: /s;
const longest = 4000;
/** Where in the pack an error was thrown helps its author, not who reads a verdict. */
const stackLines = /\n\s+at [^\n]*/g;

function byPolicy(answer: Asked, policies: readonly string[]): Map<string, PolicyAnswer> {
  const reasons = new Map(answer.notApplicable.map(({ policy, reason }) => [policy, reason]));
  return new Map(
    policies.map((name) => {
      const own = answer.diagnostics.filter(({ policy }) => policy === name);
      const remediation = answer.remediations?.find(({ policy }) => policy === name) ?? null;
      const [undecided, violations] = [own.filter(isUndecided), own.filter((one) => !isUndecided(one))];
      const isSilent = own.length === 0 && remediation === null;
      return [
        name,
        {
          violations: violations.map((one) => ({ ...one, message: one.message.slice(0, longest) })),
          undecided: undecided.map(({ message }) => message.replace(cannotRun, "").slice(0, longest)),
          remediation,
          notApplicable: isSilent ? (reasons.get(name) ?? null) : null,
          error: null,
        },
      ];
    }),
  );
}

function isUndecided({ message, enforcementLevel }: Answer["diagnostics"][number]): boolean {
  return enforcementLevel === "advisory" && cannotRun.test(message);
}

function erroneous(error: string): PolicyAnswer {
  const message = error.replace(stackLines, "").slice(0, longest);
  return { violations: [], undecided: [], remediation: null, notApplicable: null, error: message };
}

/** The policies that errors name, each alone, and all others together; halves where none is named. */
function suspicious(policies: readonly string[], failures: readonly string[]): string[][] {
  const named = new Set(
    failures.map(
      (failure) =>
        /^Error (?:validating|remediating) resource with (?:policy|remediation) '([^']*)'/.exec(failure)?.[1],
    ),
  );
  const suspects = policies.filter((name) => named.has(name));
  if (suspects.length > 0) {
    const rest = policies.filter((name) => !named.has(name));
    return [...suspects.map((name) => [name]), ...(rest.length > 0 ? [rest] : [])];
  }
  const middle = Math.ceil(policies.length / 2);
  return [policies.slice(0, middle), policies.slice(middle)];
}
