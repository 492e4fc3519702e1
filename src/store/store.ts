// What is kept between runs: scans, resources, verdicts and findings, in PostgreSQL or in the embedded one.
import type { Clock } from "../clock.js";
import type { Database } from "./database.js";
import { getFinding, listFindings, type Finding, type FindingPage, type FindingQuery } from "./findings.js";
import { listResources, listScans, type ResourcePage, type ResourceQuery, type StoredScan } from "./inventory-rows.js";
import { migrate } from "./migrate.js";
import { abandonScans, beginScan, type ScanRecording, type ScanStart } from "./scan-recording.js";

/** Every method throws PortcullisError `store-unavailable` when the database is not there (any more). */
export interface Store {
  beginScan(start: ScanStart): Promise<ScanRecording>;
  listFindings(query: FindingQuery): Promise<FindingPage>;
  getFinding(fingerprintPrefix: string): Promise<Finding | null>;
  listScans(limit: number): Promise<readonly StoredScan[]>;
  resources(query: ResourceQuery): Promise<ResourcePage>;
  /** Aborts the scans that were begun here and not finished. May be called twice. */
  close(): Promise<void>;
}

export interface OpenStore {
  /** PostgreSQL's address; null for the embedded store in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  readonly clock: Clock;
}

/** Opens and migrates. The drivers are loaded here and not before: a `check` never pays for them. */
export async function openStore({ databaseUrl, dataDir, clock }: OpenStore): Promise<Store> {
  const database = await openDatabase(databaseUrl, dataDir);
  try {
    return await createStore(database, clock);
  } catch (error) {
    await database.close().catch(() => undefined);
    throw error;
  }
}

/** The store over an open database, which it migrates and closes. */
export async function createStore(database: Database, clock: Clock): Promise<Store> {
  await migrate(database);
  const now = clock.now();
  await abandon(database, database.exclusive ? now : new Date(now.getTime() - longestScan));
  return new DatabaseStore(database, clock);
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

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async beginScan(start: ScanStart): Promise<ScanRecording> {
    await abandon(this.#database, new Date(this.#clock.now().getTime() - longestScan));
    const recording = await beginScan(this.#database, this.#clock, start);
    this.#recordings.push(recording);
    return recording;
  }

  listFindings(query: FindingQuery): Promise<FindingPage> {
    return listFindings(this.#database, query);
  }

  getFinding(fingerprintPrefix: string): Promise<Finding | null> {
    return getFinding(this.#database, fingerprintPrefix);
  }

  listScans(limit: number): Promise<readonly StoredScan[]> {
    return listScans(this.#database, limit);
  }

  resources(query: ResourceQuery): Promise<ResourcePage> {
    return listResources(this.#database, query);
  }

  async close(): Promise<void> {
    // Where the database is gone there is nothing to tidy: the scan is abandoned later.
    for (const recording of this.#recordings.splice(0)) await recording.abort().catch(() => undefined);
    await this.#database.close();
  }
}
