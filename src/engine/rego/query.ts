// A query over modules and data, as `opa eval` answers it. OPA plans the query and makes bindings and expressions of what
// the js engine found.
import { z } from "zod";
import { compilerCall, compilerCallNow } from "../../compiler/compiler.js";
import type { JsonObject } from "../../json.js";
import { RegoError } from "./engine.js";
import { encodeValue } from "./js/encoding.js";
import { JsEvaluator } from "./js/js-engine.js";
import type { Plan } from "./js/plan.js";
import { translate } from "./js/translate.js";
import { isObjectValue, objectGet, parseJson, type PlainObject, type Value } from "./js/values.js";
import { fault, invalid, type ModuleSource } from "./rego-compiler.js";

export interface Query {
  readonly text: string;
  readonly version: "v0" | "v1";
  readonly modules: readonly ModuleSource[];
  readonly data: PlainObject;
  /** Undefined where there is none: that is not null. */
  readonly input: Value | undefined;
  readonly strictBuiltinErrors: boolean;
  readonly print: (text: string) => void;
}

const planned = z.object({
  errors: z.array(fault),
  id: z.number().optional(),
  plan: z.record(z.string(), z.unknown()).optional(),
});

/**
 * OPA's results: an array of `{expressions: [{value, text, location}], bindings}`, empty where the query is undefined.
 * Throws PortcullisError("policy-invalid") for modules or a query that do not compile, RegoError for an evaluation that
 * fails.
 */
export async function evaluateQuery(query: Query): Promise<readonly Value[]> {
  const modules = query.modules.map((module) => ({ ...module }));
  const request = { modules, query: query.text, version: query.version, print: true, target: "plan" };
  const answer = planned.parse(await compilerCall("rego.query", request));
  if (answer.errors.length > 0) throw invalid(answer.errors, "the query does not compile");
  const plan = answer.plan as unknown as Plan;
  const { strictBuiltinErrors, print } = query;
  const program = translate(plan, { places: strictBuiltinErrors });
  const evaluator = new JsEvaluator(program, { strictBuiltinErrors, print }, () => plan);
  evaluator.setData(query.data as unknown as JsonObject);
  const set = encodeValue(evaluator.results("eval", { value: query.input }));
  const text = compilerCallNow("rego.result", `{"op":"rego.result","id":${answer.id ?? 0},"set":${set}}`);
  return resultsIn(parseJson(text));
}

function resultsIn(answer: Value): readonly Value[] {
  const results = isObjectValue(answer) ? objectGet(answer, "value") : undefined;
  if (Array.isArray(results)) return results as readonly Value[];
  throw new RegoError("eval_internal_error", "OPA made no result of what the query gave");
}
