// What actions promise, and how well they kept it.
import { Type } from "@sinclair/typebox";
import type { ObjectiveFigures } from "../../actions/slo.js";
import { Problem } from "../problem.js";
import { closed, instantOf, nullable, shaped, text, texts, time, timeFilter } from "../schemas.js";
import type { Routes } from "../server.js";

const count = Type.Integer({ minimum: 0 });
const figures = shaped<ObjectiveFigures>(
  closed({
    ...{ name: text, title: text, modules: texts, withinSeconds: Type.Number(), goal: Type.Number() },
    ...{ total: count, good: count },
    share: nullable(Type.Number({ description: "null where there was no action" })),
    isMet: nullable(Type.Boolean()),
    errorBudget: nullable(Type.Number({ description: "the share that is left; below 0 where more was used" })),
    seconds: nullable(closed({ median: Type.Number(), slowest: Type.Number() })),
  }),
);

const defaultDays = 30;

export const sloRoutes: Routes = (api, { store, clock }) => {
  api.get(
    "/v1/slo",
    {
      schema: {
        summary: "Shares of actions that succeeded in time",
        description: `Of actions that began in the period; default: the last ${defaultDays} days.`,
        querystring: closed({ from: timeFilter, to: timeFilter }),
        response: { 200: closed({ from: time, to: time, objectives: Type.Array(figures) }) },
      },
    },
    async ({ query }) => {
      const to = query.to === undefined ? clock.now().toISOString() : instantOf("to", query.to);
      const start = new Date(Math.max(0, Date.parse(to) - defaultDays * 86_400_000)).toISOString();
      const from = query.from === undefined ? start : instantOf("from", query.from);
      if (from > to) throw new Problem(400, "invalid-request", "query /from must be before /to");
      return { from, to, objectives: [...(await store.slo({ from, to }))] };
    },
  );
};
