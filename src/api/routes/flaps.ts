// What auto-remediation does not put right any more, because somebody undoes it; and its release.
import { Type } from "@sinclair/typebox";
import type { Flap } from "../../store/auto-remediations.js";
import { auditCaller } from "../conflicts.js";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import type { Routes } from "../server.js";
import { closed, listOf, paging, shaped, text, time } from "../schemas.js";

const hash = "[0-9a-f]{64}";
const flap = shaped<Flap>(
  closed({
    ...{ fingerprint: text, policy: text, resource: text, foundAt: time },
    fixes: Type.Integer({ minimum: 1, description: "that were undone" }),
    action: Type.String({ description: "the last that was undone" }),
  }),
);

export const flapRoutes: Routes = (api, { store }) => {
  api.get(
    "/v1/remediation-flaps",
    {
      schema: {
        summary: "What is not put right any more, because somebody undoes it",
        querystring: closed({ ...paging, cursor: Type.Optional(Type.String({ pattern: `^${hash}$` })) }),
        response: { 200: listOf(flap) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const found = await store.autoRemediations.flaps({ after: cursor ?? "", limit: limit + 1 });
      const result = found.slice(0, limit);
      return { result, next: found.length > limit ? (result.at(-1)?.fingerprint ?? null) : null };
    },
  );
  api.post(
    "/v1/remediation-flaps/:fingerprint/release",
    {
      config: { idempotent: true },
      schema: {
        summary: "Have it put right again, when the cool-down is over",
        params: closed({ fingerprint: Type.String({ pattern: `^${hash}$` }) }),
        response: { 200: flap, 404: problemResponse("It is not flapping") },
      },
    },
    async (request) => {
      const { fingerprint } = request.params;
      const released = await store.autoRemediations.releaseOne(fingerprint, auditCaller(request));
      if (released === null) throw new Problem(404, "not-found", "no finding of that fingerprint is flapping");
      return released;
    },
  );
};
