// One scan on its way into the store. What it sees is kept apart, in batches, until `finish` merges it in one transaction:
// a scan that breaks off leaves everything as it was. What is already known is not sent again.
import type { AuditTrail, Caller } from "../audit/trail.js";
import type { Clock } from "../clock.js";
import type { Recorder } from "../compliance/run.js";
import type { Verdict, VerdictKind } from "../engine/verdict.js";
import { PortcullisError } from "../errors.js";
import type { Resource } from "../inventory/resource.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Report } from "../report.js";
import { Batch } from "./batch.js";
import type { Database, Session } from "./database.js";
import type { PolicyTally, PolicyVersion } from "./history.js";
import { mergeScan, type ScanOutcome } from "./merge-scan.js";
import { outlasting, type Patience } from "./outage.js";
import type { Announcing } from "./outbox-scan.js";
import {
  knownResources,
  stagingTables,
  writeBodies,
  writeKnown,
  writeResources,
  writeVerdicts,
  type Known,
} from "./scan-writes.js";
import { scanCaller, scanEvent } from "./scan-events.js";
import { resourceRow, verdictRow, type ResourceRow, type ScanRow } from "./scan-rows.js";
import { storable, storablePolicy } from "./storable.js";
import { writeVectors } from "./vector-rows.js";
import { emptyVector, VectorTree, worstFirst } from "./verdict-vectors.js";
import { WriteQueue } from "./write-queue.js";

export interface ScanStart {
  /** The providers that are looked at. */
  readonly targets: readonly string[];
  /**
   * Every service of the targets is read, in the accounts and regions that are read at all. Where it is not so, or not
   * said, the absence of a resource proves that it is gone only when others of its type were seen beside its place.
   */
  readonly complete?: boolean;
  /** The schedule that started it. */
  readonly schedule?: string | null;
  /** The version of portcullis. */
  readonly version?: string;
  /** What judges; policies that gave a verdict and are not named here are added. */
  readonly policies?: readonly PolicyVersion[];
  readonly ownerOf?: (resource: Resource) => string | null;
  /** How long the database may be away, in milliseconds (default: ten minutes). The embedded one does not come back. */
  readonly patience?: number;
  /** Told when the database goes away, and when it is back. */
  readonly notify?: (message: string) => void;
}

export interface ScanRecording extends Recorder {
  readonly id: string;
  /** Merges what was seen; what it resolves is described at `mergeScan`. The recording takes nothing afterwards. */
  finish(report: Report, problems: readonly ScanProblem[]): Promise<ScanOutcome>;
  /** Forgets what was seen. Does nothing after `finish` or when called again. */
  abort(): Promise<void>;
}

const longestOutage = 600_000;

export interface Recorded {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditTrail;
  /** Who is told of what a scan changed. */
  readonly announcing: Announcing | null;
  /** Called after the commit of a scan. */
  readonly committed: () => void;
}

export async function beginScan(recorded: Recorded, start: ScanStart): Promise<ScanRecording> {
  const { database, clock, audit } = recorded;
  const id = clock.newId();
  const by = await scanCaller(audit, start.schedule ?? null);
  const at = clock.now().toISOString();
  const targets = storable(start.targets);
  const { schedule = null, version = null } = start;
  await database.transaction(async (session) => {
    await session.query(
      "insert into scans (id, started, status, targets, schedule, version) values ($1, $2, 'running', $3::jsonb, $4, $5)",
      [id, at, JSON.stringify(targets), schedule, version],
    );
    await audit.appendIn(session, [scanEvent("scan.started", { id, at, by }, { targets, schedule, version })]);
  });
  return new Recording(recorded, { ...start, id, by });
}

/** A recording into a scan that was begun before: one that is split, whose request ends it when it comes to nothing. */
export function resumeScan(
  recorded: Recorded,
  start: ScanStart & { readonly id: string; readonly by: Caller },
): ScanRecording {
  return new Recording(recorded, start);
}

class Recording implements ScanRecording {
  readonly id: string;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #audit: AuditTrail;
  readonly #recorded: Recorded;
  readonly #start: ScanStart & { readonly by: Caller };
  readonly #notes: string[] = [];
  readonly #patience: Patience;
  readonly #queue: WriteQueue;
  readonly #resources = new Batch<ResourceRow>(
    (rows) => this.#queue.push(() => this.#writeResources(rows)),
    ({ body }) => body.size,
  );
  readonly #verdicts = new Batch<ScanRow>(
    (rows) => this.#queue.push(() => this.#writeVerdicts(rows)),
    (row) => JSON.stringify(row).length,
  );
  readonly #slots = new Map<string, number>();
  readonly #tree = new VectorTree();
  /** By slot: the verdicts until now, and the number of those that the database has. */
  readonly #vectors: number[] = [];
  readonly #former: number[] = [];
  readonly #tally = new Map<string, { [kind in VerdictKind]: number }>();
  #ended = false;
  #fault: Error | null = null;

  constructor(recorded: Recorded, start: ScanStart & { readonly id: string; readonly by: Caller }) {
    const { database, clock, audit } = recorded;
    this.id = start.id;
    this.#recorded = recorded;
    this.#database = database;
    this.#clock = clock;
    this.#audit = audit;
    this.#start = start;
    this.#patience = {
      longest: database.exclusive ? 0 : (start.patience ?? longestOutage),
      notify: (message) => {
        this.#notes.push(message);
        start.notify?.(message);
      },
    };
    this.#queue = new WriteQueue(this.#patience);
  }

  resource(resource: Resource): Promise<void> {
    return this.#guarded(() => {
      const slot = this.#vectors.length;
      this.#vectors.push(this.#vectors[this.#slots.get(resource.id) ?? -1] ?? emptyVector);
      this.#slots.set(resource.id, slot);
      return this.#resources.add(resourceRow(resource, slot, this.#start.ownerOf?.(resource) ?? null));
    });
  }

  verdict(verdict: Verdict): Promise<void> {
    return this.#guarded(() => {
      const policy = storablePolicy(verdict.policy);
      const slot = this.#slots.get(verdict.resource.id);
      if (slot !== undefined)
        this.#vectors[slot] = this.#tree.add(this.#vectors[slot] ?? emptyVector, policy, verdict.verdict);
      this.#count(policy, verdict.verdict);
      const row = verdictRow(verdict, this.#verdicts.total);
      return row === null ? Promise.resolve() : this.#verdicts.add(row);
    });
  }

  finish(report: Report, problems: readonly ScanProblem[]): Promise<ScanOutcome> {
    return this.#guarded(async () => {
      await this.#resources.flush();
      await this.#verdicts.flush();
      await this.#queue.push(() => this.#writeVectors());
      await this.#queue.drain();
      const work = (): Promise<ScanOutcome> =>
        this.#database.transaction((session) => this.#merge(session, report, problems));
      const outcome = await outlasting(work, this.#patience);
      this.#ended = true;
      this.#recorded.committed();
      return outcome;
    });
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#queue.drain().catch(() => undefined);
    const at = this.#clock.now().toISOString();
    await this.#database.transaction(async (session) => {
      await abandonScans(session, { id: this.id });
      await this.#audit.appendIn(session, [scanEvent("scan.aborted", { id: this.id, at, by: this.#start.by }, {})]);
    });
  }

  #count(policy: string, verdict: VerdictKind): void {
    let counts = this.#tally.get(policy);
    if (counts === undefined) {
      counts = { pass: 0, fail: 0, unknown: 0, error: 0, waived: 0, "not-applicable": 0 };
      this.#tally.set(policy, counts);
    }
    counts[verdict]++;
  }

  async #merge(session: Session, report: Report, problems: readonly ScanProblem[]): Promise<ScanOutcome> {
    const { outcome, event } = await mergeScan(session, {
      id: this.id,
      by: this.#start.by,
      at: this.#clock.now().toISOString(),
      complete: this.#start.complete ?? false,
      expected: { resources: this.#resources.total, verdicts: this.#verdicts.total },
      summary: report.summary,
      problems,
      policies: this.#policies(),
      tally: tallyRows(this.#tally),
      notes: this.#notes,
      announcing: this.#recorded.announcing,
    });
    if (event !== null) await this.#audit.appendIn(session, [event]);
    return outcome;
  }

  /** What was said to run, and whatever gave a verdict besides. */
  #policies(): readonly PolicyVersion[] {
    const named = (this.#start.policies ?? []).map((policy) => ({ ...policy, id: storablePolicy(policy.id) }));
    const known = new Set(named.map(({ id }) => id));
    const others = [...this.#tally.keys()].filter((id) => !known.has(id));
    return [
      ...named,
      ...others.map((id) => ({ id, title: id, severity: "info", engine: "rego", hash: null }) as const),
    ];
  }

  /** After a fault something is missing, so that nothing may be concluded from the rest: every later call fails as well. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    if (this.#fault !== null) throw this.#fault;
    if (this.#ended) throw new PortcullisError("internal", `scan ${this.id} has ended: it takes nothing more`);
    try {
      return await work();
    } catch (error) {
      this.#fault = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }

  async #writeResources(rows: readonly ResourceRow[]): Promise<void> {
    const known = await knownResources(this.#database, rows);
    const isKnown = (row: ResourceRow): boolean => sameColumns(row, known.get(row.id));
    for (const { seq, id } of rows) this.#former[seq] = known.get(id)?.vector ?? 0;
    await writeBodies(
      this.#database,
      rows.filter((row) => known.get(row.id)?.body !== row.body.hash).map(({ body }) => body),
    );
    await writeKnown(
      this.#database,
      this.id,
      rows.filter(isKnown).map((row) => ({ seq: row.seq, key: known.get(row.id)?.key ?? 0, body: row.body.hash })),
    );
    await writeResources(
      this.#database,
      this.id,
      rows.filter((row) => !isKnown(row)),
    );
  }

  #writeVerdicts(rows: readonly ScanRow[]): Promise<void> {
    return writeVerdicts(this.#database, this.id, rows);
  }

  #writeVectors(): Promise<void> {
    return writeVectors(this.#database, {
      scan: this.id,
      tree: this.#tree,
      vectors: this.#vectors,
      former: this.#former,
      ran: new Set(this.#policies().map(({ id }) => id)),
    });
  }
}

function sameColumns(row: ResourceRow, known: Known | undefined): boolean {
  if (known === undefined) return false;
  const columns = ["provider", "type", "name", "account", "region", "owner"] as const;
  return columns.every((column) => row[column] === known[column]);
}

function tallyRows(tally: ReadonlyMap<string, PolicyTally>): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries([...tally].map(([policy, counts]) => [policy, worstFirst.map((kind) => counts[kind])]));
}

/** Ends scans whose process is gone: the one that is named, or those that began before. What is split ends by its request. */
export async function abandonScans(session: Session, which: { id: string } | { before: string }): Promise<void> {
  const scans = `select id from scans where status = 'running' and not exists (select from scan_requests q where q.id = scans.id) and ($1::text is null or id = $1) and ($2::timestamptz is null or started <= $2)`;
  const params = "id" in which ? [which.id, null] : [null, which.before];
  for (const table of stagingTables) await session.query(`delete from ${table} where scan in (${scans})`, params);
  await session.query(`update scans set status = 'aborted' where id in (${scans})`, params);
}
