// An evidence package, made and sent. The trail knows of it before anybody has it.
import { Type, type Static } from "@sinclair/typebox";
import type { FastifyReply } from "fastify";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExportRequest } from "../../audit/evidence/sources.js";
import type { Baseline } from "../../compliance/baseline.js";
import { loadBaselines } from "../../compliance/load-baselines.js";
import { PortcullisError } from "../../errors.js";
import type { SummaryRenderer } from "../../summary.js";
import { callerOf } from "../authorize.js";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import type { Routes } from "../server.js";
import type { Services } from "../services.js";
import { closed, instantOf } from "../schemas.js";

export interface EvidenceRoutes {
  /** Of the audit trail's key. */
  readonly auditFolder: string;
  readonly renderer: () => Promise<SummaryRenderer>;
}

const body = closed({
  baseline: Type.String({ minLength: 1, maxLength: 200 }),
  from: Type.Optional(Type.String({ format: "date-time", description: "default: 90 days before `to`" })),
  to: Type.Optional(Type.String({ format: "date-time", description: "default: now" })),
  sample: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 25,
    description: "items of each population to look at",
  }),
  seed: Type.Optional(
    Type.String({ pattern: "^[\\x20-\\x7e]{1,200}$", description: "what the samples are chosen by" }),
  ),
  maxGap: Type.Integer({
    minimum: 1,
    maximum: 8_784,
    default: 36,
    description: "hours: a longer time without a scan is a gap",
  }),
});

const mostAtOnce = 2;
const ninetyDays = 90 * 86_400_000;
const tenMinutes = 600_000;

export function evidenceRoutes(options: EvidenceRoutes): Routes {
  return (api, services) => {
    let underWay = 0;
    const zip = {
      description: "The package",
      content: { "application/zip": { schema: { type: "string", format: "binary" } } },
    };
    api.post(
      "/v1/evidence",
      {
        config: { timeLimit: tenMinutes },
        schema: {
          summary: "Export evidence of a baseline over a period",
          description: "Answers the package, a zip file that `portcullis evidence verify` proves.",
          body,
          response: { 200: zip, 409: problemResponse("Nothing is audited yet, or the key is elsewhere") },
        },
      },
      async (request, reply) => {
        if (underWay >= mostAtOnce) {
          void reply.header("retry-after", "30");
          throw new Problem(429, "too-many-requests", `${mostAtOnce} packages are being made already`);
        }
        underWay++;
        const folder = await mkdtemp(join(tmpdir(), "portcullis-evidence-"));
        const remove = () => rm(folder, { recursive: true, force: true });
        try {
          request.raw.socket.setTimeout(tenMinutes);
          const exporter = { actor: callerOf(request).actor, origin: request.ip };
          const asked = {
            ...(await requestOf(request.body, services)),
            exporter,
            output: join(folder, "evidence.zip"),
          };
          await makePackage(asked, { services, options });
          return await sendFile(asked.output, { reply, name: asked.baseline.id, then: remove });
        } catch (error) {
          await remove();
          throw error;
        } finally {
          underWay--;
        }
      },
    );
  };
}

type Asked = Omit<ExportRequest, "signingKey" | "exporter" | "output">;

async function requestOf(given: Static<typeof body>, { run, clock }: Services): Promise<Asked> {
  const now = clock.now();
  const to = given.to === undefined ? now.toISOString() : instantOf("to", given.to, "body");
  const from =
    given.from === undefined
      ? new Date(Date.parse(to) - ninetyDays).toISOString()
      : instantOf("from", given.from, "body");
  if (to > now.toISOString()) throw wrong("/to", "must be past");
  if (from >= to) throw wrong("/from", "must be before `to`");
  return {
    ...{ baseline: await baselineNamed(given.baseline, run), period: { from, to }, form: "zip" },
    ...{ sampleSize: given.sample, seed: given.seed ?? null, maximumGapHours: given.maxGap },
    ...{ version: run.version, createdAt: now.toISOString(), progress: () => undefined },
  };
}

async function baselineNamed(id: string, { policies, baselines }: Services["run"]): Promise<Baseline> {
  const knownPolicies = new Set(policies.map((policy) => policy.id));
  const all = [...baselines, ...(await loadBaselines({ ids: [], all: true, knownPolicies }))];
  const found = all.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw wrong("/baseline", "is no baseline that is known here");
}

function wrong(pointer: string, detail: string): Problem {
  return new Problem(400, "invalid-request", `body ${pointer} ${detail}`, [{ in: "body", pointer, detail }]);
}

async function makePackage(
  asked: Omit<ExportRequest, "signingKey">,
  { services: { store, run }, options }: { readonly services: Services; readonly options: EvidenceRoutes },
): Promise<void> {
  const [{ exportEvidence }, { storeSources }, { trailKey }] = await Promise.all([
    import("../../audit/evidence/export.js"),
    import("../../audit/evidence/store-sources.js"),
    import("../../audit/evidence/trail-key.js"),
  ]);
  const signingKey = await trailKey(store.audit, options.auditFolder).catch((error: unknown) => {
    if (!(error instanceof PortcullisError) || error.code !== "config-invalid") throw error;
    throw new Problem(409, "conflict", error.message.replace(/[:;][^:;]*--signing-key FILE$/, ""));
  });
  const sources = storeSources({ store, policies: run.policies, renderer: await options.renderer() });
  await exportEvidence({ ...asked, signingKey }, sources);
}

interface Sending {
  readonly reply: FastifyReply;
  readonly name: string;
  readonly then: () => Promise<void>;
}

async function sendFile(file: string, { reply, name, then }: Sending): Promise<unknown> {
  const { size } = await stat(file);
  const stream = createReadStream(file);
  stream.once("close", () => void then());
  void reply.headers({
    "content-type": "application/zip",
    "content-length": size,
    "content-disposition": `attachment; filename="${name.replaceAll(/[^A-Za-z0-9._-]/g, "_")}.zip"`,
  });
  return reply.send(stream);
}
