// Workers of the built program as processes of their own, scans by them from the command line, and looks into their database.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { expect, vi } from "vitest";
import { packageFile } from "../../src/package-root.js";
import type { Report } from "../../src/report.js";
import { homeAccount } from "../servers/aws-estate.mjs";
import { portcullis, type CliResult } from "./cli.js";

export const regions = ["us-east-1", "eu-west-1"];
export const waiting = { timeout: 100_000, interval: 100 };

const aws = {
  AWS_ACCESS_KEY_ID: `ASIA${homeAccount}`,
  AWS_SECRET_ACCESS_KEY: "s",
  AWS_EC2_METADATA_DISABLED: "true",
};
const scanArgs = ["scan", "--provider", "aws", "--service", "sqs", "--service", "dynamodb", "--format", "json"];
const place = regions.flatMap((region) => ["--region", region]);

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly log: () => string;
  /** Stops it as an operator does; gives the exit code. */
  stop(): Promise<number>;
}

/** Resolves when it takes shards. */
export async function workerProcess(
  url: string,
  config: string,
  flags: readonly string[] = [],
): Promise<WorkerProcess> {
  const args = [packageFile("dist", "src", "cli", "main.js"), "worker", "--config", config, ...flags];
  const env = { ...process.env, ...aws, DATABASE_URL: url };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  await vi.waitFor(() => {
    expect(log).toContain("takes shards");
  }, waiting);
  return {
    child,
    log: () => log,
    async stop() {
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      return (await exit)[0] as number;
    },
  };
}

export function scanByWorkers(url: string, config: string): Promise<CliResult> {
  return portcullis([...scanArgs, ...place, "--distributed", "--config", config], {
    env: { ...aws, DATABASE_URL: url },
  });
}

/** The same scan in one piece, into a store of its own. */
export function scanInOnePiece(endpoint: string, dataDir: string): Promise<CliResult> {
  return portcullis([...scanArgs, ...place, "--endpoint-url", endpoint, "--data-dir", dataDir], { env: aws });
}

/** What a scan said, but for how long it took. */
export function told({ stdout }: CliResult) {
  const { summary, results, errors } = JSON.parse(stdout) as Pick<Report, "summary" | "results" | "errors">;
  const { durationMs: _, ...counts } = summary;
  return { summary: counts, results, errors };
}

export async function newDatabase(server: string, name: string): Promise<string> {
  await sql(server, `create database ${name}`);
  return server.replace(/\/postgres$/, `/${name}`);
}

export async function sql(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** How many scans have ended, by the audit trail. */
export async function scansFinished(url: string): Promise<unknown> {
  const [row] = await sql(url, "select count(*)::int as n from audit_entries where kind = 'scan.finished'");
  return row?.["n"];
}
