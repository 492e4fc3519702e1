// Built-in functions that OPA itself computes: its own Go code, in the compiler module. They are as right as OPA by
// construction, at some 50 microseconds a call. The module (0.5 s to start) is loaded when the first one is called.
import { compilerCallNow } from "../../../../compiler/compiler.js";
import { RegoError } from "../../engine.js";
import { decodeValue, encodeValue } from "../encoding.js";
import { isObjectValue, objectGet, type Value } from "../values.js";
import { BuiltinError, type BuiltinContext, type BuiltinErrorCode } from "./builtin.js";

/** Larger arguments would fill the module's memory. */
const maxRequest = 32 * 1024 * 1024;

/** OPA's function of that name. Throws BuiltinError where OPA refuses. */
export function opaBuiltin(
  name: string,
  context: Pick<BuiltinContext, "now" | "charge">,
): (...args: Value[]) => Value | undefined {
  return (...args) => {
    const text = `[${args.map(encodeValue).join(",")}]`;
    if (text.length > maxRequest) throw new BuiltinError("the arguments are too large");
    const request = `{"op":"rego.builtin","name":${JSON.stringify(name)},"now":${context.now()},"args":${text}}`;
    // A call takes some thousand times as long as a step, and longer for long arguments.
    context.charge(text.length, 5_000 + 2 * text.length);
    const answer = compilerCallNow("rego.builtin", request);
    context.charge(8 * answer.length, 2 * answer.length);
    return valueOf(decodeValue(answer));
  };
}

function valueOf(answer: Value): Value | undefined {
  const outcome = field(answer, "value");
  if (outcome === undefined) throw new RegoError("eval_internal_error", "OPA's own function stopped");
  const error = field(outcome, "error");
  const code = (field(outcome, "code") ?? "eval_builtin_error") as BuiltinErrorCode;
  if (typeof error === "string") throw new BuiltinError(error, code);
  return field(outcome, "has") === true ? (field(outcome, "value") ?? null) : undefined;
}

function field(value: Value, key: string): Value | undefined {
  return isObjectValue(value) ? objectGet(value, key) : undefined;
}
