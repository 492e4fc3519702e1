// What is known of repositories of desired environments. Actions and their journal are elsewhere: here is which one a commit has.
import { PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import type { Database, Row } from "./database.js";
import { storable, storableText } from "./storable.js";

export interface GitopsPath {
  readonly repository: string;
  readonly branch: string;
  readonly path: string;
  /** Of the file's content; empty where it was removed. */
  readonly blob: string;
  readonly commit: string;
  /** `asking`: perhaps the action is there and perhaps not. `applied`: it is as the file says; watched for drift. */
  readonly state: "asking" | "waiting" | "applied" | "ended";
  readonly action: string | null;
  readonly kind: string | null;
  readonly parameters: JsonObject | null;
  readonly removal: { readonly kind: string; readonly parameters: JsonObject } | null;
  readonly drifts: number;
}

export interface CommitStatus {
  readonly repository: string;
  readonly commit: string;
  readonly context: string;
  readonly state: "pending" | "success" | "failure" | "error";
  readonly description: string;
  readonly action: string | null;
}

export interface DueStatus extends CommitStatus {
  readonly version: number;
  readonly attempts: number;
}

/** Another process has looked at the path meanwhile, and its result counts. */
export class LostPath extends PortcullisError {
  constructor({ repository, path }: Pick<GitopsPath, "repository" | "path">) {
    super("store-unavailable", `gitops: another process goes on with ${path} of ${repository}`);
    this.name = "LostPath";
  }
}

/** Every method throws PortcullisError `store-unavailable` when the database is not there. */
export interface Gitops {
  /** True for the first time within a week. */
  isNewDelivery(id: string): Promise<boolean>;
  want(repository: string): Promise<void>;
  /** Whether it is time to look, and from now on it was looked at. What somebody wants is due `leastMs` after the last look. */
  isDue(repository: string, pollMs: number, leastMs: number): Promise<boolean>;
  head(repository: string, branch: string): Promise<string | null>;
  /** Of which anything is kept. */
  branches(repository: string): Promise<readonly string[]>;
  keepHead(repository: string, branch: string, head: string): Promise<void>;
  forgetBranch(repository: string, branch: string): Promise<void>;
  paths(repository: string, branch: string): Promise<readonly GitopsPath[]>;
  /** What was applied, or ended otherwise, and was not looked at within so long; it counts as looked at from now on. */
  driftDue(repository: string, branch: string, everyMs: number): Promise<readonly GitopsPath[]>;
  /** Only where what is kept is still what was read before, or nothing where nothing was: throws LostPath else. */
  keepPath(path: GitopsPath, before: GitopsPath | null): Promise<void>;
  /** To be sent where it says something else than before. */
  keepStatus(status: CommitStatus): Promise<void>;
  /** Of these commits, sent or not. */
  statuses(repository: string, commits: readonly string[]): Promise<readonly CommitStatus[]>;
  dueStatuses(repository: string, limit: number): Promise<readonly DueStatus[]>;
  statusSent(status: DueStatus): Promise<void>;
  postponeStatus(status: DueStatus, delayMs: number): Promise<void>;
}

export function createGitops(database: Database): Gitops {
  return { ...deliveries(database), ...branches(database), ...paths(database), ...statuses(database) };
}

function deliveries(database: Database): Pick<Gitops, "isNewDelivery" | "want" | "isDue"> {
  return {
    async isNewDelivery(id) {
      await database.query("delete from gitops_deliveries where at < now() - interval '7 days'");
      const added = await database.query(
        "insert into gitops_deliveries (id) values ($1) on conflict do nothing returning id",
        [storableText(id)],
      );
      return added.length > 0;
    },
    async want(repository) {
      await database.query(
        "insert into gitops_repositories (name, wanted) values ($1, true) on conflict (name) do update set wanted = true",
        [repository],
      );
    },
    async isDue(repository, pollMs, leastMs) {
      await database.query("insert into gitops_repositories (name) values ($1) on conflict do nothing", [repository]);
      const due = await database.query(
        `update gitops_repositories set wanted = false, fetched_at = clock_timestamp() where name = $1
         and (fetched_at is null or fetched_at < clock_timestamp() - make_interval(secs => (case when wanted then $3::float8 else $2::float8 end) / 1000))
         returning name`,
        [repository, pollMs, Math.min(pollMs, leastMs)],
      );
      return due.length > 0;
    },
  };
}

function branches(database: Database): Pick<Gitops, "head" | "branches" | "keepHead" | "forgetBranch"> {
  return {
    async head(repository, branch) {
      const [row] = await database.query("select head from gitops_branches where repository = $1 and branch = $2", [
        ...[repository, branch],
      ]);
      return (row?.["head"] as string | undefined) ?? null;
    },
    async branches(repository) {
      const rows = await database.query(
        `select branch from gitops_branches where repository = $1 union select branch from gitops_paths where repository = $1
         order by branch`,
        [repository],
      );
      return rows.map((row) => row["branch"] as string);
    },
    async keepHead(repository, branch, head) {
      await database.query(
        `insert into gitops_branches values ($1, $2, $3) on conflict (repository, branch) do update set head = $3`,
        [repository, branch, head],
      );
    },
    async forgetBranch(repository, branch) {
      await database.transaction(async (session) => {
        for (const table of ["gitops_branches", "gitops_paths"])
          await session.query(`delete from ${table} where repository = $1 and branch = $2`, [repository, branch]);
      });
    },
  };
}

function paths(database: Database): Pick<Gitops, "paths" | "driftDue" | "keepPath"> {
  return {
    async paths(repository, branch) {
      const rows = await database.query(
        "select * from gitops_paths where repository = $1 and branch = $2 order by path",
        [repository, branch],
      );
      return rows.map(pathOf);
    },
    async driftDue(repository, branch, everyMs) {
      const rows = await database.query(
        `update gitops_paths set checked_at = clock_timestamp() where repository = $1 and branch = $2 and state in ('applied', 'ended')
         and kind is not null and blob <> ''
         and checked_at < clock_timestamp() - make_interval(secs => $3::float8 / 1000) returning *`,
        [repository, branch, everyMs],
      );
      return rows.map(pathOf);
    },
    async keepPath(one, before) {
      const values: readonly unknown[] = [
        ...[one.repository, one.branch, storableText(one.path), one.blob, one.commit, one.state, one.action],
        ...[one.kind, jsonText(one.parameters), jsonText(one.removal), one.drifts],
      ];
      const kept = await database.query(
        before === null
          ? `insert into gitops_paths (repository, branch, path, blob, commit, state, action, kind, parameters, removal, drifts)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11) on conflict do nothing returning path`
          : `update gitops_paths set blob = $4, commit = $5, state = $6, action = $7, kind = $8, parameters = $9::jsonb,
               removal = $10::jsonb, drifts = $11, checked_at = clock_timestamp()
             where repository = $1 and branch = $2 and path = $3 and blob = $12 and commit = $13 and state = $14
               and action is not distinct from $15 and drifts = $16 returning path`,
        before === null ? values : [...values, before.blob, before.commit, before.state, before.action, before.drifts],
      );
      if (kept.length === 0) throw new LostPath(one);
    },
  };
}

function statuses(
  database: Database,
): Pick<Gitops, "keepStatus" | "statuses" | "dueStatuses" | "statusSent" | "postponeStatus"> {
  return {
    async keepStatus({ repository, commit, context, state, description, action }) {
      await database.query(
        `insert into gitops_statuses as s (repository, commit, context, state, description, action) values ($1, $2, $3, $4, $5, $6)
         on conflict (repository, commit, context) do update
         set state = $4, description = $5, action = $6, version = s.version + 1, attempts = 0, due = now()
         where (s.state, s.description) is distinct from ($4, $5)`,
        [repository, commit, storableText(context), state, storableText(description), action],
      );
    },
    async statuses(repository, commits) {
      const rows = await database.query(
        `select repository, commit, context, state, description, action from gitops_statuses
         where repository = $1 and commit = any($2::text[]) order by commit, context`,
        [repository, commits],
      );
      return rows as unknown as readonly CommitStatus[];
    },
    async dueStatuses(repository, limit) {
      const rows = await database.query(
        "select * from gitops_statuses where repository = $1 and sent < version and due <= now() order by due limit $2",
        [repository, limit],
      );
      return rows as unknown as readonly DueStatus[];
    },
    async statusSent({ repository, commit, context, version }) {
      await database.query(
        "update gitops_statuses set sent = $4 where repository = $1 and commit = $2 and context = $3 and sent < $4",
        [repository, commit, context, version],
      );
    },
    async postponeStatus({ repository, commit, context, version }, delayMs) {
      await database.query(
        `update gitops_statuses set attempts = attempts + 1, due = now() + make_interval(secs => $5::float8 / 1000)
         where repository = $1 and commit = $2 and context = $3 and version = $4`,
        [repository, commit, context, version, delayMs],
      );
    },
  };
}

function jsonText(value: object | null): string | null {
  return value === null ? null : JSON.stringify(storable(value));
}

function pathOf(row: Row): GitopsPath {
  return row as unknown as GitopsPath;
}
