// What schedules found when they looked for drift.
import { Type } from "@sinclair/typebox";
import { driftSchedules } from "../../schedules/schedule-settings.js";
import { checkStatuses, type DriftDifference, type DriftState } from "../../store/drift-checks.js";
import { driftKinds } from "../../store/drift-told.js";
import { Problem } from "../problem.js";
import type { Routes } from "../server.js";
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
  time,
} from "../schemas.js";

const objects = Type.Array(anyObject);
const state = shaped<DriftState>(
  closed(
    {
      ...{ schedule: text, status: oneOf(checkStatuses), message: nullableText, check: nullableText },
      ...{ startedAt: nullableTime, endedAt: nullableTime, counts: anyObject, uncompared: objects },
      differences: Type.Integer({ minimum: 0 }),
    },
    { description: "`error` where not everything could be looked at, or the last run ended without a result" },
  ),
);
const difference = shaped<DriftDifference>(
  closed({ resource: text, kind: oneOf(driftKinds), since: time, detail: anyObject }),
);
const page = closed({
  state,
  result: Type.Array(difference),
  next: nullable(Type.String({ description: "cursor of the next page" })),
});

export const driftRoutes: Routes = (api, { store, config }) => {
  const names = [...driftSchedules(config.schedules)].sort();
  api.get(
    "/v1/drift",
    {
      schema: {
        summary: "What the last look for drift of each schedule found",
        querystring: closed(paging),
        response: { 200: listOf(state) },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const rest = names.filter((name) => cursor === undefined || name > cursor);
      const asked = rest.slice(0, limit);
      const next = rest.length > limit ? (asked.at(-1) ?? null) : null;
      return { result: await store.driftChecks.states(asked), next };
    },
  );
  api.get(
    "/v1/drift/:schedule",
    {
      schema: {
        summary: "What differs, as far as the looks of one schedule know",
        description: "Also where the last look was an error: then what it did not see is as it was before.",
        params: closed({ schedule: Type.String({ minLength: 1, maxLength: 63 }) }),
        querystring: closed({ kind: Type.Optional(oneOf(driftKinds)), ...paging }),
        response: { 200: page },
      },
    },
    async ({ params: { schedule }, query: { kind, limit, cursor } }) => {
      if (!names.includes(schedule))
        throw new Problem(404, "not-found", "there is no such schedule that looks for drift");
      const asked = {
        limit,
        ...(kind === undefined ? {} : { kind }),
        ...(cursor === undefined ? {} : { after: cursor }),
      };
      const [found] = await store.driftChecks.states([schedule]);
      if (found === undefined) throw new Problem(404, "not-found", "there is no such schedule that looks for drift");
      const { differences, next } = await store.driftChecks.differences(schedule, asked);
      return { state: found, result: [...differences], next };
    },
  );
};
