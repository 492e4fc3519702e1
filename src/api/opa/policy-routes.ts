// `GET /v1/policies`: OPA's list of modules, with what Portcullis knows of each policy besides.
import { controlsByPolicy } from "../../compliance/controls.js";
import { loadBaselines } from "../../compliance/load-baselines.js";
import type { Policy } from "../../engine/policy.js";
import type { ModuleSource } from "../../engine/rego/rego-compiler.js";
import type { ControlReference } from "../../engine/verdict.js";
import { serverDefaults } from "../server-settings.js";
import type { Routes } from "../server.js";
import type { Services } from "../services.js";
import { sendJson } from "./answer-decision.js";
import { asOpa, opaOf } from "./data-routes.js";
import { pathBelow, segmentsOf } from "./document-path.js";
import { OpaProblem } from "./opa-problem.js";
import { policySchema } from "./schemas.js";

type Controls = ReadonlyMap<string, readonly ControlReference[]>;

interface Listed {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly body: object;
}

export const opaPolicyRoutes: Routes = (api, services) => {
  asOpa(api, services.config.server?.bodyLimit ?? serverDefaults.bodyLimit);
  let controls: Promise<Controls> | null = null;
  const listed = async (): Promise<Listed[]> => listPolicies(services, await (controls ??= loadControls(services)));
  api.get("/v1/policies", { schema: policySchema.list }, async (_request, reply) =>
    sendJson(reply, JSON.stringify({ result: (await listed()).map(({ body }) => body), next: null })),
  );
  api.get("/v1/policies/*", { schema: policySchema.one }, async (request, reply) => {
    const id = segmentsOf(pathBelow(request.url, "/v1/policies")).join("/");
    const found = (await listed()).find((one) => one.id === id || one.aliases.includes(id));
    if (found === undefined)
      throw new OpaProblem(404, "resource_not_found", `there is no policy ${JSON.stringify(id.slice(0, 200))}`);
    return sendJson(reply, JSON.stringify({ result: found.body }));
  });
};

async function loadControls({ run }: Services): Promise<Controls> {
  const knownPolicies = new Set(run.policies.map(({ id }) => id));
  return controlsByPolicy([...(await loadBaselines({ ids: [], all: true, knownPolicies })), ...run.baselines]);
}

/** Policies by their ids; modules that are none (libraries, conftest's rules) by their paths, as OPA has them. */
function listPolicies(services: Services, controls: Controls): Listed[] {
  const { modules } = opaOf(services).now();
  const texts = new Map(modules.map(({ path, text }) => [path, text]));
  const known = services.run.policies.map((policy) => described(policy, controls, texts));
  const used = new Set(services.run.policies.map(({ source }) => source.file));
  const others = modules.filter(({ path }) => !used.has(path)).map(undescribed);
  return [...known, ...others].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function described(policy: Policy, controls: Controls, texts: ReadonlyMap<string, string>): Listed {
  const { id, title, severity, engine, types, provider, remediation, aliases, source } = policy;
  const own = { title, severity, engine, types, provider, controls: controls.get(id) ?? [], remediation };
  return { id, aliases, body: { id, raw: texts.get(source.file) ?? null, ...own } };
}

function undescribed({ path, text }: ModuleSource): Listed {
  const nothing = {
    title: null,
    severity: null,
    engine: "rego",
    types: [],
    provider: null,
    controls: [],
    remediation: null,
  };
  return { id: path, aliases: [], body: { id: path, raw: text, ...nothing } };
}
