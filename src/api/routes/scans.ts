// Scans: what was scanned and what is being scanned, and the wish for one. Who asks chooses among what the configuration allows:
// never an endpoint, never a role of their own.
import { Type, type Static } from "@sinclair/typebox";
import { loadBaselines } from "../../compliance/load-baselines.js";
import { severities } from "../../engine/policy.js";
import type { ScanProblem } from "../../inventory/scan-item.js";
import { scanProviders } from "../../compose.js";
import { messageOf } from "../../errors.js";
import type { Summary } from "../../report.js";
import { policyDigest } from "../../scanning/policy-digest.js";
import type { ScanRequest } from "../../scanning/scan-request.js";
import type { RequestedScan } from "../../scanning/shards.js";
import { workerDefaults } from "../../scanning/worker-settings.js";
import { cursorOfScan, type StoredScan } from "../../store/inventory-rows.js";
import type { ScanOutcome } from "../../store/merge-scan.js";
import { callerOf } from "../authorize.js";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import {
  anyObject,
  closed,
  listOf,
  nullable,
  nullableText,
  nullableTime,
  oneOf,
  paging,
  shaped,
  text,
  texts,
  time,
} from "../schemas.js";
import type { Routes } from "../server.js";
import type { Services } from "../services.js";

const states = ["running", "finished", "aborted", "failed", "cancelled"] as const;
const phases = ["planning", "reading", "merging", "ended"] as const satisfies readonly RequestedScan["phase"][];

interface ShownScan extends Omit<StoredScan, "status"> {
  readonly state: (typeof states)[number];
  /** Null where it was done in one piece. */
  readonly split: ShownSplit | null;
}

interface ShownSplit extends Pick<RequestedScan, "phase" | "shards" | "error"> {
  readonly isUntaken: boolean;
  readonly request: Omit<ScanRequest, "all">;
}

const count = Type.Integer({ minimum: 0 });
const shownSplit = closed({
  phase: oneOf(phases),
  shards: closed({ total: count, done: count, failed: count, running: count, resources: count }),
  error: nullableText,
  isUntaken: Type.Boolean({ description: "nobody has taken a shard: is a worker with these policies running?" }),
  request: shaped<ShownSplit["request"]>(anyObject),
});
const shown = shaped<ShownScan>(
  closed({
    ...{ id: text, state: oneOf(states), targets: texts, schedule: nullableText, startedAt: time },
    ...{ finishedAt: nullableTime, notes: texts },
    summary: shaped<Summary | null>(nullable(anyObject)),
    outcome: shaped<ScanOutcome | null>(nullable(anyObject)),
    problems: shaped<readonly ScanProblem[] | null>(nullable(Type.Array(anyObject))),
    split: nullable(shaped<ShownSplit>(shownSplit)),
  }),
);

const word = (pattern: string, description: string) => Type.String({ pattern, description });
const severity = oneOf(severities);
const wanted = closed({
  provider: Type.Array(oneOf(scanProviders), { minItems: 1, maxItems: scanProviders.length, uniqueItems: true }),
  accounts: Type.Optional(
    Type.Array(word("^[A-Za-z0-9-]{1,64}$", "default: the workers' own"), { maxItems: 10_000, uniqueItems: true }),
  ),
  regions: Type.Optional(
    Type.Array(word("^[a-z0-9-]{1,64}$", "default: as the workers are configured, else all"), {
      maxItems: 100,
      minItems: 1,
      uniqueItems: true,
    }),
  ),
  services: Type.Optional(
    Type.Array(word("^[a-z0-9-]{1,64}$", "such as s3; default: all"), { maxItems: 100, uniqueItems: true }),
  ),
  role: Type.Optional(Type.String({ maxLength: 512, description: "one of `workers.roles`; default: the first" })),
  baselines: Type.Optional(
    Type.Array(word("^(?!.*\\.(ya?ml|json)$)[a-z0-9][a-z0-9._-]{0,127}$", "shown control by control"), {
      maxItems: 50,
      uniqueItems: true,
    }),
  ),
  severity: Type.Optional(severity),
  failOn: Type.Optional(severity),
});

const id = Type.String({ pattern: "^[A-Za-z0-9-]{1,64}$" });

export const scanRoutes: Routes = (api, services) => {
  addReading(api, services);
  addAsking(api, services);
  addCancel(api, services);
};

const addReading: Routes = (api, { store }) => {
  api.get(
    "/v1/scans",
    { schema: { summary: "Scans, the latest first", querystring: closed(paging), response: { 200: listOf(shown) } } },
    async ({ query: { limit, cursor } }) => {
      const found = await store.listScans(limit + 1, cursor);
      const page = found.slice(0, limit);
      const split = await store.shards.list(page.map((scan) => scan.id));
      const last = page.at(-1);
      const next = found.length > limit && last !== undefined ? cursorOfScan(last) : null;
      return { result: page.map((scan) => shownScan(scan, split.get(scan.id) ?? null)), next };
    },
  );
  api.get(
    "/v1/scans/:id",
    { schema: { summary: "A scan, and how far it is", params: closed({ id }), response: { 200: shown } } },
    ({ params }) => scanNamed(store, params.id),
  );
};

const addAsking: Routes = (api, services) => {
  const { store, run, config } = services;
  const { scanTimeoutMs } = workerDefaults(config.workers);
  let policies: string | undefined;
  api.post(
    "/v1/scans",
    {
      config: { idempotent: true },
      schema: {
        summary: "Ask for a scan by the workers",
        description:
          "It is done in shards by `portcullis worker` and `portcullis serve`; see `Location` for how far it is.",
        body: wanted,
        response: { 202: shown },
      },
    },
    async (request, reply) => {
      const asked = requestOf(request.body, services);
      await checkBaselines(asked.baselines, services);
      const scan = request.creation.id;
      const isKnown = request.creation.again && (await store.shards.get(scan)) !== null;
      if (!isKnown) {
        policies ??= policyDigest(run, config);
        const { actor } = callerOf(request);
        await store.shards.request({
          id: scan,
          request: asked,
          policies,
          version: run.version,
          schedule: null,
          actor,
          timeLimitMs: scanTimeoutMs,
        });
      }
      return reply
        .code(202)
        .header("location", `/v1/scans/${scan}`)
        .send(await scanNamed(store, scan));
    },
  );
};

const addCancel: Routes = (api, { store }) => {
  api.post(
    "/v1/scans/:id/cancel",
    {
      config: { idempotent: true },
      schema: {
        summary: "End a scan by workers without a result",
        params: closed({ id }),
        response: { 200: shown, 409: problemResponse("It has ended, or is not one by workers") },
      },
    },
    async (request) => {
      const before = await scanNamed(store, request.params.id);
      if (before.split !== null && before.state === "cancelled" && request.creation.again) return before;
      if (before.split === null || !(await store.shards.cancel(before.id, callerOf(request).actor)))
        throw new Problem(409, "conflict", `scan ${before.id} has ended, or is not one by workers: nothing to cancel`);
      return scanNamed(store, before.id);
    },
  );
};

function requestOf(body: Static<typeof wanted>, { config }: Services): ScanRequest {
  const { roles = [], accounts: allowed } = config.workers ?? {};
  const accounts = body.accounts ?? [];
  const other = allowed === undefined ? undefined : accounts.find((account) => !allowed.includes(account));
  if (other !== undefined) throw refused("/accounts", `${other} is not one of workers.accounts of the configuration`);
  if (body.role !== undefined && !roles.includes(body.role))
    throw refused("/role", "expected one of workers.roles of the configuration");
  return {
    ...{ providers: body.provider, accounts, regions: body.regions ?? null, services: body.services ?? [] },
    ...{ roleName: body.role ?? roles[0] ?? null, useConfig: true, baselines: body.baselines ?? [], all: false },
    ...{ severity: body.severity ?? config.severity ?? "info", failOn: body.failOn ?? config.failOn ?? "low" },
  };
}

/** A baseline that is none would be found out only when everything was read. */
async function checkBaselines(ids: readonly string[], { run }: Services): Promise<void> {
  const knownPolicies = new Set(run.policies.map((policy) => policy.id));
  try {
    if (ids.length > 0) await loadBaselines({ ids, knownPolicies });
  } catch (error) {
    throw refused("/baselines", messageOf(error));
  }
}

function refused(pointer: string, detail: string): Problem {
  return new Problem(400, "invalid-request", `body ${pointer} ${detail}`, [{ in: "body", pointer, detail }]);
}

async function scanNamed(store: Services["store"], name: string): Promise<ShownScan> {
  const [scan, split] = await Promise.all([store.getScan(name), store.shards.get(name)]);
  if (scan === null) throw new Problem(404, "not-found", `there is no scan ${name}`);
  return shownScan(scan, split);
}

function shownScan({ status, ...scan }: StoredScan, split: RequestedScan | null): ShownScan {
  const state = split === null || split.state === "open" || split.state === "finished" ? status : split.state;
  if (split === null) return { ...scan, state, split: null };
  const { phase, shards, error, isUntaken } = split;
  const { all: _, ...request } = split.request;
  return { ...scan, state, split: { phase, shards, error, isUntaken, request } };
}
