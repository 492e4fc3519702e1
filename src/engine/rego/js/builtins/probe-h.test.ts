import { test } from "vitest";
import { parseNumber } from "../numbers.js";
import { equal, RegoSet, RegoObject, toJsonText, type Value } from "../values.js";
import { BuiltinError, type Builtin, type BuiltinContext } from "./builtin.js";
import { ownBuiltins } from "./index.js";
import { opaBuiltin } from "./opa.js";
const context: BuiltinContext = { now: () => 1n, print: () => undefined, charge: () => undefined, memory: new Map() };
const own = ownBuiltins(context);
const n = (t: string) => parseNumber(t) as Value;
const run = (f: unknown, a: Value[]): string => { try { const v = (f as (...x: Value[]) => Value | undefined)(...a); return v === undefined ? "undefined" : toJsonText(v) + (v instanceof RegoSet ? "<set>" : ""); } catch (e) { return e instanceof BuiltinError ? e.code : "THROW " + String(e).slice(0, 90); } };
const A = n("123456789012345678901234567890"), B = n("123456789012345678901234567891"), C = n("0.12345678901234567890123"), D = n("0.12345678901234567890124");
const P = n("1e19"), Q = n("10000000000000000001"), R = n("18446744073709551617"), S = n("18446744073709551616"), H = n("9007199254740993"), I = n("9007199254740992.5");
const nums = [A, B, C, D, P, Q, R, S, H, I, n("9007199254740993.5"), n("0.1"), n("0.10000000000000000001"), 0.3, 1e22, n("1e22"), n("1e400"), n("-1e-400"), 0, -1, 5e-324, 1.7976931348623157e308];
test("p", () => {
  const bad: string[] = [];
  const chk = (name: string, ...a: Value[]) => { const x = run(own.get(name), a), y = run(opaBuiltin(name, context), a); if (x !== y) bad.push(`${name}(${a.map(toJsonText).join(", ")}): ours ${x.slice(0, 80)} opa ${y.slice(0, 80)}`); };
  for (const a of nums) { for (const b of nums) for (const f of ["equal", "neq", "lt", "lte", "plus", "minus", "mul", "div", "rem", "bits.and", "bits.xor"]) chk(f, a, b);
    for (const f of ["abs", "ceil", "floor", "round", "to_number", "bits.negate"]) chk(f, a); }
  for (const a of nums) for (const b of nums) { chk("sum", [a, b, 0.5]); chk("product", [a, b]); chk("max", [a, b]); chk("min", [a, b]); chk("sort", [b, a]); chk("internal.member_2", a, [b]); chk("object.get", RegoObject.of([[a, 1]]), b, 7); chk("count", RegoSet.of([a, b])); }
  for (const t of ["2020-01-01T00:00:00+24:00", "2020-01-01T1:00:00Z", "2020-01-01T00:00:00,5Z", "2020-01-01T00:00:00.1234567899Z", "2020-01-01T23:59:60Z", "2020-01-01t00:00:00z", "2020-01-01T00:00:00+23:60", "2020-01-01T00:00:00+00:60", "2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00.Z", "1677-09-21T00:12:43.145224192Z", "1677-09-21T00:12:43.1Z", "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775808Z", "1969-12-31T23:59:59.999999999Z", "2020-01-01T24:00:00Z", "2020-1-1T00:00:00Z", "2020-01-01 00:00:00Z", "2021-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "2020-01-01T00:00:00Z\n"]) chk("time.parse_rfc3339_ns", t);
  for (const t of ["007", "-0", "1.50", "+", "1_000", "1e400", "0x1p-2", " 1", "1.", ".5", "-.5", "1e5", "1E5", "Infinity", "٣", "+5", "++5", "-007.50", "1".repeat(400)]) chk("to_number", t);
  const nested: Value = [[1, [2, [3]]], RegoSet.of([1]), "x"]; chk("array.flatten", nested);
  for (const k of [[], ["a"], [0], ["a", 0], ["a", "0"], ["a", 1.5], ["s", 1], [["a"]], "a", null, ["__proto__"], ["a", -1]] as Value[]) chk("object.get", { a: [1, 2], s: RegoSet.of([1]) }, k, "def");
  for (const [x, y] of [[-1, 2], [1, 0], [5, 9], [-3, -1], [n("1e30"), 1], [n("9223372036854775807"), 1], [n("-9223372036854775808"), n("9223372036854775807")], [1.5, 2], [n("1.0"), 2]] as [Value, Value][]) chk("array.slice", [1, 2, 3], x, y);
  for (const o of [[], [1], ["a"], [["a"]], RegoSet.of([[1]]), { a: 1 }] as Value[]) for (const f of ["object.remove", "object.filter"]) chk(f, RegoObject.of([["a", 1], [1, 2], [["a"], 3]]), o);
  for (const [x, y] of [[{ a: { b: 1 } }, { a: { c: 2 } }], [{ a: 1 }, { a: { b: 1 } }], [{ a: { b: 1 } }, { a: 1 }], [{}, {}], [{ a: {} }, { a: {} }]] as [Value, Value][]) chk("object.union", x, y);
  for (const v of [[], RegoSet.of([]), [null], ["a", 1], {}, "", null] as Value[]) for (const f of ["sum", "product", "max", "min", "sort", "all", "any", "count", "union", "intersection", "cast_set", "cast_array"]) chk(f, v);
  console.log(bad.length + " differences\n" + bad.slice(0, 120).join("\n"));
}, 120000);
