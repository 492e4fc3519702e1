// What is kept between runs: scans, resources, verdicts and findings, in PostgreSQL or in the embedded one.
import { join } from "node:path";
import type { Journal } from "../actions/journal.js";
import { createAudit, type Audit } from "../audit/database-trail.js";
import type { Clock } from "../clock.js";
import type { Limits, ShardStore } from "../scanning/shards.js";
import type { ScheduleRuns } from "../schedules/runs.js";
import type { Environments } from "../actions/provisioning/environments.js";
import { createActionJournal } from "./actions.js";
import { createEnvironments, createServiceDirectory } from "./environments.js";
import type { Database } from "./database.js";
import { createHistory } from "./database-history.js";
import { createEventRequests, type EventRequests } from "./event-requests.js";
import { createDecisionLog, type DecisionLog } from "./decision-log.js";
import { deliveryMarks, keepDeliveryMarks, type DeliveryMark } from "./deliveries.js";
import {
  findingHistory,
  getFinding,
  listFindings,
  type Finding,
  type FindingPage,
  type FindingQuery,
} from "./findings.js";
import { timesToResolve, type TimeToResolve } from "./finding-times.js";
import type { FindingEvent, History, Period } from "./history.js";
import {
  getScan,
  listResources,
  listScans,
  type ResourcePage,
  type ResourceQuery,
  type StoredScan,
} from "./inventory-rows.js";
import { storeGauges, type StoreGauges } from "./gauges.js";
import { createGitops, type Gitops } from "./gitops.js";
import { createIdempotencyKeys, type IdempotencyKeys } from "./idempotency.js";
import { migrate } from "./migrate.js";
import { createScheduleRuns } from "./schedule-runs.js";
import { createShards } from "./shards.js";
import { createInbox, type Inbox } from "./inbox.js";
import { createOutbox, type Outbox } from "./outbox.js";
import type { Announcing } from "./outbox-scan.js";
import {
  applyRetention,
  storeSizes,
  type RetentionCutoffs,
  type RetentionOutcome,
  type StoreSizes,
} from "./retention.js";
import type { ServiceDirectory } from "../actions/provisioning/service-directory.js";
import { errorBudgetOf, objectiveFigures, type ObjectiveFigures, type SloPeriod } from "../actions/slo.js";
import { actionGauges, type ActionGauges } from "./action-gauges.js";
import { createActionRuns, type ActionRuns } from "./action-runs.js";
import { createAlerts, type Alerts } from "./alerts.js";
import { createAutoRemediations, type AutoRemediations } from "./auto-remediations.js";
import { abandonScans, beginScan, type Recorded, type ScanRecording, type ScanStart } from "./scan-recording.js";
import { createTokens, type Tokens } from "./tokens.js";
import { createRunTasks, type RunTasks } from "./run-tasks.js";
import { createDriftStore, type DriftStore } from "./drift.js";
import { createDriftChecks, type DriftChecks } from "./drift-checks.js";
import { createWaivers, type Waivers } from "./waivers.js";

/** Every method throws PortcullisError `store-unavailable` when the database is not there (any more). */
export interface Store {
  beginScan(start: ScanStart): Promise<ScanRecording>;
  listFindings(query: FindingQuery): Promise<FindingPage>;
  getFinding(fingerprintPrefix: string): Promise<Finding | null>;
  /** What happened to a finding, oldest first. */
  findingHistory(fingerprint: string): Promise<readonly FindingEvent[]>;
  /** How long findings took to be resolved in a period, by severity. */
  timesToResolve(period: Period): Promise<readonly TimeToResolve[]>;
  listScans(limit: number, after?: string): Promise<readonly StoredScan[]>;
  getScan(id: string): Promise<StoredScan | null>;
  resources(query: ResourceQuery): Promise<ResourcePage>;
  /** What was true when. */
  readonly history: History;
  /** What was delivered of these findings (at most 10,000) before, to any destination. */
  deliveryMarks(fingerprints: readonly string[]): Promise<readonly DeliveryMark[]>;
  keepDeliveryMarks(marks: readonly DeliveryMark[]): Promise<void>;
  /** What became of the due times of schedules. */
  readonly schedules: ScheduleRuns;
  /** Scans that are split among workers. */
  readonly shards: ShardStore;
  /** Who did what. */
  readonly audit: Audit;
  /** Approved exceptions, and those that are asked for. */
  readonly waivers: Waivers;
  /** Changes to infrastructure, from the request to the end. */
  readonly actions: Journal;
  /** Approved snapshots, and what was told of drift. */
  readonly drift: DriftStore;
  /** What schedules found when they looked for drift. */
  readonly driftChecks: DriftChecks;
  /** What was provisioned, version by version. */
  readonly environments: Environments;
  /** What the Data API decided. */
  readonly decisions: DecisionLog;
  /** What HCP Terraform asked for. */
  readonly runTasks: RunTasks;
  /** Repositories of desired environments. */
  readonly gitops: Gitops;
  /** Service tokens. */
  readonly tokens: Tokens;
  /** Requests that may be sent again. */
  readonly idempotency: IdempotencyKeys;
  /** Events that wait for the broker. */
  readonly outbox: Outbox;
  /** Alerts to places besides the broker. */
  readonly alerts: Alerts;
  /** Events from others. */
  readonly inbox: Inbox;
  /** Requests among them that wait for a decision. */
  readonly eventRequests: EventRequests;
  /** Actions that the service is asked to run. */
  readonly actionRuns: ActionRuns;
  /** What is put right without being asked. */
  readonly autoRemediations: AutoRemediations;
  /** Where what was provisioned can be reached. */
  readonly serviceDirectory: ServiceDirectory;
  /** What actions promise, and how well they kept it. */
  slo(period: SloPeriod): Promise<readonly ObjectiveFigures[]>;
  /** See `errorBudgetOf`. */
  errorBudget(target: string): Promise<number | null>;
  actionGauges(breakerMinutes: number): Promise<ActionGauges>;
  /** Removes what is older; see `RetentionCutoffs`. */
  applyRetention(cutoffs: RetentionCutoffs, options: { readonly dryRun: boolean }): Promise<RetentionOutcome>;
  /** Bytes on disk, by class. */
  sizes(): Promise<StoreSizes>;
  /** Throws when the database does not answer. */
  check(): Promise<void>;
  /** For those who watch the service. */
  gauges(): Promise<StoreGauges>;
  /** Aborts the scans that were begun here and not finished. May be called twice. */
  close(): Promise<void>;
}

export interface OpenStore {
  /** PostgreSQL's address; null for the embedded store in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly clock: Clock;
  /** Who is told of what scans change; nobody where it is not said. */
  readonly announcing?: Announcing | null;
  /** Of workers; see `defaultLimits`. */
  readonly shardLimits?: Partial<Limits>;
}

/** Opens and migrates. The drivers are loaded here and not before: a `check` never pays for them. */
export async function openStore({ databaseUrl, dataDir, clock, announcing, shardLimits }: OpenStore): Promise<Store> {
  const database = await openDatabase(databaseUrl, dataDir);
  try {
    const place = { folder: join(dataDir, "audit"), databaseUrl };
    return await createStore(database, clock, place, announcing ?? null, shardLimits);
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

export interface AuditPlace {
  /** Of the key and the anchor; null where there is none, and so no checkpoints. */
  readonly folder: string | null;
  readonly databaseUrl: string | null;
}

/** The store over an open database, which it migrates and closes. */
export async function createStore(
  database: Database,
  clock: Clock,
  place: AuditPlace = { folder: null, databaseUrl: null },
  announcing: Announcing | null = null,
  shardLimits: Partial<Limits> = {},
): Promise<Store> {
  await migrate(database);
  const now = clock.now();
  await abandon(database, database.exclusive ? now : new Date(now.getTime() - longestScan));
  return new DatabaseStore(
    database,
    clock,
    createAudit({ database, clock, ...place, environment: process.env }),
    announcing,
    shardLimits,
  );
}

async function openDatabase(databaseUrl: string | null, dataDir: string): Promise<Database> {
  if (databaseUrl !== null) return (await import("./postgres.js")).openPostgres(databaseUrl);
  return (await import("./pglite.js")).openPglite(dataDir);
}

/** No scan takes a day: what began before that, its process is gone. */
const longestScan = 24 * 60 * 60 * 1_000;

function abandon(database: Database, before: Date): Promise<void> {
  return database.transaction((session) => abandonScans(session, { before: before.toISOString() }));
}

class DatabaseStore implements Store {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #recordings: ScanRecording[] = [];
  readonly audit: Audit;
  readonly decisions: DecisionLog;
  readonly waivers: Waivers;
  readonly drift: DriftStore;
  readonly driftChecks: DriftChecks;
  readonly actions: Journal;
  readonly environments: Environments;
  readonly runTasks: RunTasks;
  readonly gitops: Gitops;
  readonly tokens: Tokens;
  readonly idempotency: IdempotencyKeys;
  readonly schedules: ScheduleRuns;
  readonly shards: ShardStore;
  readonly history: History;
  readonly outbox: Outbox;
  readonly alerts: Alerts;
  readonly inbox: Inbox;
  readonly eventRequests: EventRequests;
  readonly actionRuns: ActionRuns;
  readonly autoRemediations: AutoRemediations;
  readonly serviceDirectory: ServiceDirectory;
  readonly #announcing: Announcing | null;

  constructor(
    database: Database,
    clock: Clock,
    audit: Audit,
    announcing: Announcing | null,
    shardLimits: Partial<Limits>,
  ) {
    this.#database = database;
    this.#announcing = announcing;
    this.#clock = clock;
    this.audit = audit;
    this.waivers = createWaivers(database, { clock, audit });
    this.drift = createDriftStore(database, { clock, audit });
    this.driftChecks = createDriftChecks(database, {
      ...{ clock, audit, publish: announcing?.broker === true },
      committed: () => {
        this.outbox.committed();
      },
    });
    this.runTasks = createRunTasks(database, { audit });
    this.gitops = createGitops(database);
    this.tokens = createTokens(database, { clock, audit });
    this.idempotency = createIdempotencyKeys(database);
    this.schedules = createScheduleRuns(database, { clock, audit });
    this.history = createHistory(database);
    this.decisions = createDecisionLog(database);
    this.environments = createEnvironments(database, clock);
    this.outbox = createOutbox(database);
    this.alerts = createAlerts(database);
    this.actions = createActionJournal(database, {
      audit,
      committed: () => {
        this.outbox.committed();
      },
    });
    this.inbox = createInbox(database, { clock, audit, outbox: this.outbox });
    this.eventRequests = createEventRequests(database, { clock, audit });
    this.actionRuns = createActionRuns(database);
    this.autoRemediations = createAutoRemediations(database, {
      ...{ clock, audit, announcing },
      committed: () => {
        this.outbox.committed();
      },
    });
    this.serviceDirectory = createServiceDirectory(database);
    this.shards = createShards(this.#recorded(), shardLimits);
  }

  async beginScan(start: ScanStart): Promise<ScanRecording> {
    await abandon(this.#database, new Date(this.#clock.now().getTime() - longestScan));
    const recording = await beginScan(this.#recorded(), start);
    this.#recordings.push(recording);
    return recording;
  }

  #recorded(): Recorded {
    return {
      ...{ database: this.#database, clock: this.#clock, audit: this.audit, announcing: this.#announcing },
      committed: () => {
        this.outbox.committed();
      },
    };
  }

  listFindings(query: FindingQuery): Promise<FindingPage> {
    return listFindings(this.#database, query, this.#clock.now().toISOString());
  }

  getFinding(fingerprintPrefix: string): Promise<Finding | null> {
    return getFinding(this.#database, fingerprintPrefix, this.#clock.now().toISOString());
  }

  findingHistory(fingerprint: string): Promise<readonly FindingEvent[]> {
    return findingHistory(this.#database, fingerprint);
  }

  timesToResolve(period: Period): Promise<readonly TimeToResolve[]> {
    return timesToResolve(this.#database, period);
  }

  listScans(limit: number, after?: string): Promise<readonly StoredScan[]> {
    return listScans(this.#database, limit, after);
  }

  getScan(id: string): Promise<StoredScan | null> {
    return getScan(this.#database, id);
  }

  resources(query: ResourceQuery): Promise<ResourcePage> {
    return listResources(this.#database, query);
  }

  deliveryMarks(fingerprints: readonly string[]): Promise<readonly DeliveryMark[]> {
    return deliveryMarks(this.#database, fingerprints);
  }

  keepDeliveryMarks(marks: readonly DeliveryMark[]): Promise<void> {
    return keepDeliveryMarks(this.#database, marks);
  }

  applyRetention(cutoffs: RetentionCutoffs, { dryRun }: { readonly dryRun: boolean }): Promise<RetentionOutcome> {
    return applyRetention({ database: this.#database, clock: this.#clock, audit: this.audit, cutoffs, dryRun });
  }

  slo(period: SloPeriod): Promise<readonly ObjectiveFigures[]> {
    return objectiveFigures(this.#database, period);
  }

  errorBudget(target: string): Promise<number | null> {
    return errorBudgetOf(this.#database, target);
  }

  actionGauges(breakerMinutes: number): Promise<ActionGauges> {
    return actionGauges(this.#database, breakerMinutes);
  }

  sizes(): Promise<StoreSizes> {
    return storeSizes(this.#database);
  }

  async check(): Promise<void> {
    await this.#database.query("select 1");
  }

  gauges(): Promise<StoreGauges> {
    return storeGauges(this.#database, this.#clock);
  }

  async close(): Promise<void> {
    // Where the database is gone there is nothing to tidy: the scan is abandoned later.
    for (const recording of this.#recordings.splice(0)) await recording.abort().catch(() => undefined);
    await this.audit.close();
    await this.#database.close();
  }
}
