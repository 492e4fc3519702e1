// One pass over the states of the period: who was judged by which control's policies, by which configuration, and what changed.
import type { Control } from "../../compliance/baseline.js";
import type { JsonObject } from "../../json.js";
import type { Period, ResourceState } from "../../store/history.js";
import { canonicalJson } from "../canonical-json.js";
import type { AuditEntry } from "../trail.js";
import { createExceptionFinder, type FoundException, type PopulationRow } from "./exceptions.js";
import type { FindingLog } from "./finding-log.js";
import { noCounts, type Counts } from "./outcome.js";
import type { Redactor } from "./redactor.js";
import { createSampler, sha256Of, type Sampler } from "./sample.js";
import type { EvidenceSources } from "./sources.js";
import type { Spool } from "./spool.js";

export interface Collection {
  readonly spool: Spool;
  readonly redactor: Redactor;
  readonly sources: EvidenceSources;
  readonly period: Period;
  readonly controls: readonly CollectedControl[];
  readonly findings: FindingLog;
  readonly severities: ReadonlyMap<string, string>;
  /** What approved actions say of resources, by resource. */
  readonly approvals: ReadonlyMap<string, readonly AuditEntry[]>;
  readonly progress: (message: string) => void;
}

export interface CollectedControl {
  readonly control: Control;
  readonly folder: string;
  readonly counts: { -readonly [kind in keyof Counts]: number };
  readonly sampler: Sampler;
  readonly finder: ReturnType<typeof createExceptionFinder>;
}

export function collectedControl(
  control: Control,
  folder: string,
  { period, seed, size }: { readonly period: Period; readonly seed: string; readonly size: number },
): CollectedControl {
  const sampler = createSampler(seed, size);
  return { control, folder, counts: noCounts(), sampler, finder: createExceptionFinder(period.to) };
}

/** What the spool holds afterwards: `population-FOLDER`, `exceptions-FOLDER`, `configurations`, `changes`. */
export async function collectStates(collection: Collection): Promise<void> {
  const { sources, period, controls, progress } = collection;
  const byPolicy = new Map<string, CollectedControl[]>();
  for (const one of controls) {
    for (const policy of new Set(one.control.policies)) byPolicy.set(policy, [...(byPolicy.get(policy) ?? []), one]);
  }
  const configurations = new Configurations(collection);
  const changes = new Changes(collection);
  let states = 0;
  for await (const state of sources.history.states(period)) {
    const isJudged = judge(state, byPolicy, collection);
    if (isJudged) await configurations.add(state.body);
    if (isJudged) changes.add(state);
    if (++states % 1_000 === 0) progress(`${states} states of resources read`);
  }
  await configurations.flush();
  for (const one of controls) addExceptions(one, one.finder.end(), collection);
}

/** In the order of policies' ids, which the verifier needs not know: it takes the population as it is. */
function judge(
  state: ResourceState,
  byPolicy: ReadonlyMap<string, readonly CollectedControl[]>,
  collection: Collection,
): boolean {
  let described: Described | null = null;
  for (const policy of [...state.verdicts.keys()].sort()) {
    const verdict = state.verdicts.get(policy) ?? "not-applicable";
    if (verdict === "not-applicable") continue;
    for (const one of byPolicy.get(policy) ?? []) {
      described ??= describe(state, collection.redactor);
      one.counts[verdict]++;
      const list = `population-${one.folder}`;
      const row: PopulationRow = { item: collection.spool.rows(list) + 1, policy, verdict, ...described };
      one.sampler.add(collection.spool.add(list, row as unknown as JsonObject));
      addExceptions(one, one.finder.add(row), collection);
    }
  }
  return described !== null;
}

type Described = Omit<PopulationRow, "item" | "policy" | "verdict">;

function describe({ resource, owner, from, until, ended, body }: ResourceState, redactor: Redactor): Described {
  const { id, provider, type, name, account, region } = resource;
  const texts = redactor.redact({ resource: id, provider, type, name, account, region, owner });
  return { ...texts, from, until, ended, configuration: body };
}

function addExceptions(one: CollectedControl, found: readonly FoundException[], collection: Collection): void {
  const { spool, findings, severities } = collection;
  for (const exception of found) {
    const { policy, resource, firstSeen, ended } = exception;
    const known = findings.overlapping(policy, resource, { from: firstSeen, until: ended });
    const list = `exceptions-${one.folder}`;
    spool.add(list, {
      ...exception,
      exception: spool.rows(list) + 1,
      severity: severities.get(policy) ?? null,
      openSince: known.map(({ openSince }) => openSince).sort()[0] ?? null,
      findings: known.map(({ fingerprint }) => fingerprint).sort(),
      waivers: [...new Set(known.flatMap(({ waivers }) => [...waivers]))].sort(),
    });
  }
}

/** Each configuration once, as it is kept. */
class Configurations {
  readonly #collection: Collection;
  readonly #known = new Set<string>();
  #waiting: string[] = [];

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  async add(hash: string): Promise<void> {
    if (this.#known.has(hash)) return;
    this.#known.add(hash);
    this.#waiting.push(hash);
    if (this.#waiting.length >= 250) await this.flush();
  }

  async flush(): Promise<void> {
    const hashes = this.#waiting;
    this.#waiting = [];
    if (hashes.length === 0) return;
    const bodies = await this.#collection.sources.history.bodies(hashes);
    for (const hash of hashes) {
      const body = bodies.get(hash);
      this.#collection.spool.add("configurations", configurationRow(hash, body, this.#collection.redactor));
    }
  }
}

/** `sha256` is of what is here: it differs from the store's name for it where more was redacted than the store had. */
function configurationRow(configuration: string, body: object | undefined, redactor: Redactor): JsonObject {
  if (body === undefined) return { configuration, body: null, sha256: null };
  const kept = redactor.redact(body) as JsonObject;
  return { configuration, body: kept, sha256: sha256Of(canonicalJson(kept)) };
}

/** What a scan saw otherwise than the one before it. */
class Changes {
  readonly #collection: Collection;
  #before: ResourceState | null = null;

  constructor(collection: Collection) {
    this.#collection = collection;
  }

  add(state: ResourceState): void {
    const before = this.#before?.resource.id === state.resource.id ? this.#before : null;
    const { period } = this.#collection;
    this.#before = state;
    if (state.from >= period.from) {
      if (before === null) this.#write(state, { what: "appeared", at: state.from, before: null, after: state.body });
      else if (before.body !== state.body)
        this.#write(state, { what: "changed", at: state.from, before: before.body, after: state.body });
    }
    if (state.ended === "gone" && state.until !== null && state.until < period.to)
      this.#write(state, { what: "gone", at: state.until, before: state.body, after: null });
  }

  #write(
    { resource }: ResourceState,
    change: { what: string; at: string; before: string | null; after: string | null },
  ): void {
    const { spool, redactor, approvals } = this.#collection;
    const entries = (approvals.get(resource.id) ?? []).filter(({ event }) => event.at <= change.at);
    const { id, type, account, region } = resource;
    spool.add("changes", {
      change: spool.rows("changes") + 1,
      ...redactor.redact({ resource: id, type, account, region }),
      ...change,
      approvedBy: [
        ...new Set(
          entries.filter(({ event }) => event.kind.endsWith(".approved")).map(({ event }) => event.actor.name),
        ),
      ],
      auditEntries: entries.map(({ seq }) => seq),
    });
  }
}
