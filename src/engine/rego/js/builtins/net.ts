import type { Value } from "../values.js";
import { stringOperand, type BuiltinContext, type Builtins } from "./builtin.js";
import { opaBuiltin } from "./opa.js";

export function netBuiltins(context: Pick<BuiltinContext, "now" | "charge">): Builtins {
  const expand = opaBuiltin("net.cidr_expand", context);
  return {
    "net.cidr_expand": (a: Value) => {
      const [address = "", length = ""] = stringOperand(a, 1).split("/");
      const bits = (address.includes(":") ? 128 : 32) - Number(length);
      // Every address is a text: a network of the wrong size would fill the memory.
      if (bits > 8) context.charge(256 * 2 ** Math.min(bits, 60));
      return expand(a);
    },
  };
}
