// Frameworks, and what of each is covered by policies.
import { Type } from "@sinclair/typebox";
import type { Baseline, Control } from "../../compliance/baseline.js";
import { coverage, type Coverage } from "../../compliance/coverage.js";
import { loadBaselines } from "../../compliance/load-baselines.js";
import { Problem } from "../problem.js";
import type { Routes } from "../server.js";
import { closed, listOf, nullableText, pageOf, paging, shaped, text, texts } from "../schemas.js";

interface Summary extends Omit<Baseline, "controls"> {
  readonly controls: number;
}

const summary = shaped<Summary>(
  closed({ id: text, title: text, version: text, source: text, controls: Type.Integer() }),
);
const control = shaped<Control>(closed({ id: text, title: text, policies: texts, manual: nullableText }));
const counts = { controls: Type.Integer(), automated: Type.Integer(), partly: Type.Integer(), manual: Type.Integer() };
const whole = shaped<Baseline & { readonly coverage: Coverage }>(
  closed({
    ...{ id: text, title: text, version: text, source: text, controls: Type.Array(control) },
    coverage: closed(
      { baseline: text, ...counts, none: Type.Integer() },
      { description: "how many controls policies prove" },
    ),
  }),
);

export const baselineRoutes: Routes = (api, { run }) => {
  const knownPolicies = new Set(run.policies.map(({ id }) => id));
  let loading: Promise<readonly Baseline[]> | null = null;
  /** The shipped ones, and those that the service was started with. */
  const all = (): Promise<readonly Baseline[]> => {
    loading ??= loadBaselines({ ids: [], all: true, knownPolicies }).then((shipped) => [
      ...new Map([...shipped, ...run.baselines].map((one) => [one.id, one])).values(),
    ]);
    return loading;
  };
  api.get(
    "/v1/baselines",
    { schema: { summary: "Baselines, by id", querystring: closed(paging), response: { 200: listOf(summary) } } },
    async ({ query }) => pageOf((await all()).map(summaryOf), query),
  );
  api.get(
    "/v1/baselines/:id",
    {
      schema: {
        summary: "A baseline: its controls, and how many of them policies prove",
        params: closed({ id: Type.String({ minLength: 1, maxLength: 200 }) }),
        response: { 200: whole },
      },
    },
    async ({ params: { id } }) => {
      const found = (await all()).find((one) => one.id === id);
      if (found === undefined) throw new Problem(404, "not-found", `there is no baseline ${id}`);
      return { ...found, coverage: coverage(found) };
    },
  );
};

function summaryOf({ id, title, version, source, controls }: Baseline): Summary {
  return { id, title, version, source, controls: controls.length };
}
