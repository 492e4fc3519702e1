// `GET /v1/decision-logs`: what was decided, for auditors. Only where decisions are kept in the store.
import { Type } from "@sinclair/typebox";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import type { Routes } from "../server.js";

const event = Type.Unsafe<object>({ type: "object", additionalProperties: true });
const query = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
  cursor: Type.Optional(Type.String({ pattern: "^[0-9]{1,18}$", description: "`next` of the page before" })),
  path: Type.Optional(Type.String({ maxLength: 2_000, description: "of the document" })),
});
const page = Type.Object({ result: Type.Array(event), next: Type.Union([Type.String(), Type.Null()]) });

export const decisionLogRoutes: Routes = (api, { store, config }) => {
  const response = { 200: page, 404: problemResponse("Decisions are not kept in the store") };
  const schema = { summary: "Logged decisions, newest first", querystring: query, response };
  api.get("/v1/decision-logs", { schema }, async (request) => {
    if (config.opa?.decisionLog?.to !== "store")
      throw new Problem(404, "not-found", "decisions are not kept in the store: see opa.decisionLog");
    const { limit, cursor, path } = request.query;
    const found = await store.decisions.list({
      limit,
      ...(cursor === undefined ? {} : { before: cursor }),
      ...(path === undefined ? {} : { path }),
    });
    const next = found.length < limit ? null : (found.at(-1)?.seq ?? null);
    return { result: found.map((row) => JSON.parse(row.event) as object), next };
  });
};
