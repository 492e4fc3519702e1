// One scan on its way into the store. What it sees is kept apart, in batches, until `finish` merges it in one transaction:
// a scan that breaks off, or a server that goes away, leaves everything as it was.
import type { Clock } from "../clock.js";
import type { Recorder } from "../compliance/run.js";
import type { Verdict } from "../engine/verdict.js";
import { PortcullisError } from "../errors.js";
import type { Resource } from "../inventory/resource.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { Report } from "../report.js";
import { Batch } from "./batch.js";
import type { Database, Session } from "./database.js";
import { mergeScan, type ScanOutcome } from "./merge-scan.js";
import { resourceRow, verdictRow, type ResourceRow, type ScanRow } from "./scan-rows.js";
import { storable } from "./storable.js";

export interface ScanStart {
  /** The providers that are looked at. */
  readonly targets: readonly string[];
  /**
   * Every service of the targets is read, in the accounts and regions that are read at all. Where it is not so, or not
   * said, the absence of a resource proves that it is gone only when others of its type were seen beside its place.
   */
  readonly complete?: boolean;
}

export interface ScanRecording extends Recorder {
  readonly id: string;
  /** Merges what was seen; what it resolves is described at `mergeScan`. The recording takes nothing afterwards. */
  finish(report: Report, problems: readonly ScanProblem[]): Promise<ScanOutcome>;
  /** Forgets what was seen. Does nothing after `finish` or when called again. */
  abort(): Promise<void>;
}

export async function beginScan(database: Database, clock: Clock, start: ScanStart): Promise<ScanRecording> {
  const id = clock.newId();
  await database.query("insert into scans (id, started, status, targets) values ($1, $2, 'running', $3::jsonb)", [
    id,
    clock.now().toISOString(),
    JSON.stringify(storable(start.targets)),
  ]);
  return new Recording(database, clock, { id, complete: start.complete ?? false });
}

class Recording implements ScanRecording {
  readonly id: string;
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #complete: boolean;
  readonly #resources = new Batch<ResourceRow>((rows) => this.#writeResources(rows));
  readonly #verdicts = new Batch<ScanRow>((rows) => this.#writeVerdicts(rows));
  #ended = false;
  #fault: Error | null = null;

  constructor(database: Database, clock: Clock, { id, complete }: { id: string; complete: boolean }) {
    this.#database = database;
    this.#clock = clock;
    this.id = id;
    this.#complete = complete;
  }

  resource(resource: Resource): Promise<void> {
    return this.#guarded(() => this.#resources.add(resourceRow(resource, this.#resources.total)));
  }

  verdict(verdict: Verdict): Promise<void> {
    return this.#guarded(() => this.#verdicts.add(verdictRow(verdict, this.#verdicts.total)));
  }

  finish(report: Report, problems: readonly ScanProblem[]): Promise<ScanOutcome> {
    return this.#guarded(async () => {
      await this.#resources.flush();
      await this.#verdicts.flush();
      const outcome = await this.#database.transaction((session) => this.#merge(session, report, problems));
      this.#ended = true;
      return outcome;
    });
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#database.transaction((session) => abandonScans(session, { id: this.id }));
  }

  #merge(session: Session, report: Report, problems: readonly ScanProblem[]): Promise<ScanOutcome> {
    return mergeScan(session, {
      id: this.id,
      at: this.#clock.now().toISOString(),
      complete: this.#complete,
      expected: { resources: this.#resources.total, verdicts: this.#verdicts.total },
      summary: report.summary,
      problems,
    });
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
    const known = await this.#database.query(
      "select id, content_hash from resources where id in (select jsonb_array_elements_text($1::jsonb))",
      [JSON.stringify(rows.map(({ id }) => id))],
    );
    const hashes = new Map(known.map((row) => [row["id"], row["content_hash"]]));
    const sent = rows.map((row) =>
      hashes.get(row.id) === row.content_hash ? { ...row, config: null, config_changed: false } : row,
    );
    await this.#database.query(
      `insert into scan_resources
         (scan, seq, id, provider, type, name, account, region, tags, config, config_changed, content_hash)
       select $1, seq, id, provider, type, name, account, region, tags, nullif(config, 'null'), config_changed, content_hash
       from jsonb_to_recordset($2::jsonb) as r(seq int, id text, provider text, type text, name text, account text,
         region text, tags jsonb, config jsonb, config_changed boolean, content_hash text)`,
      [this.id, JSON.stringify(sent)],
    );
  }

  async #writeVerdicts(rows: readonly ScanRow[]): Promise<void> {
    await this.#database.query(
      `insert into scan_verdicts
         (scan, seq, policy, resource, verdict, fingerprint, severity, severity_rank, title, provider, type, name, account,
          region, message, path, reasons, location)
       select $1, seq, policy, resource, verdict, fingerprint, severity, severity_rank, title, provider, type, name, account,
          region, message, path, reasons, nullif(location, 'null')
       from jsonb_to_recordset($2::jsonb) as r(seq int, policy text, resource text, verdict text, fingerprint text,
         severity text, severity_rank smallint, title text, provider text, type text, name text, account text, region text,
         message text, path text, reasons jsonb, location jsonb)`,
      [this.id, JSON.stringify(rows)],
    );
  }
}

/** Ends scans whose process is gone: the one that is named, or those that began before. */
export async function abandonScans(session: Session, which: { id: string } | { before: string }): Promise<void> {
  const scans = `select id from scans where status = 'running' and ($1::text is null or id = $1) and ($2::timestamptz is null or started <= $2)`;
  const params = "id" in which ? [which.id, null] : [null, which.before];
  await session.query(`delete from scan_resources where scan in (${scans})`, params);
  await session.query(`delete from scan_verdicts where scan in (${scans})`, params);
  await session.query(`update scans set status = 'aborted' where id in (${scans})`, params);
}
