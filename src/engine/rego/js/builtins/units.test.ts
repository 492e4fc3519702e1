import fc from "fast-check";
import { describe, test } from "vitest";
import type { Value } from "../values.js";
import { anyText, checkAsOpa, context, expectAsOpa } from "./testing/against-opa.js";
import { unitBuiltins } from "./units.js";

const own = unitBuiltins(context);

const texts: readonly Value[] = [
  "",
  "0",
  "10",
  "010",
  "1.5",
  ".5",
  "5.",
  "1e3",
  "1e3k",
  "5e",
  "5E",
  "5eb",
  "5ei",
  "5Ei",
  "5EIB",
  "100m",
  "1000m",
  "0.5m",
  "1M",
  "1Mi",
  "1mi",
  "1mI",
  "1mI ",
  "1K",
  "1KB",
  "1kib",
  "1k b",
  '"10k"',
  '1"0k',
  "10b",
  "b",
  "kb",
  "10\u212a",
  "-5k",
  "+5k",
  "0x10",
  "1_000",
  "1.1.1",
  "3.7k",
  "0.0001k",
  "0.30000000005",
  "0.99999999999k",
  "18446744073709551615",
  "18446744073709551616",
  "9223372036854775808",
  "16eb",
  "20Ei",
  "1.123456789012345678901234567890ki",
  "12345678901234567890123456789k",
  "8.999999999999999999eb",
  "1mb",
  "1MB",
  "1mB",
  "100bb",
  "1kbb",
  "1ib",
  "1é",
  7,
];

test.each(texts)("%j", (text) => {
  expectAsOpa(own, "units.parse", [text]);
  expectAsOpa(own, "units.parse_bytes", [text]);
});

const amounts = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 0, max: 5_000 }),
      fc.constantFrom("", ".5", ".001", ".123456789", ".0", ".99999999999999999999"),
    )
    .map((parts) => parts.join("")),
  fc.constantFrom("", "0.1", "00", "1e2", "-1", "."),
);
const units = fc.constantFrom(
  "",
  "k",
  "K",
  "m",
  "M",
  "g",
  "Gi",
  "mi",
  "MiB",
  "kb",
  "TB",
  "pib",
  "E",
  "ei",
  "e",
  "b",
  "x",
  "kB",
);
const operands = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(amounts, units).map((parts) => parts.join("")) },
  { weight: 1, arbitrary: anyText },
);

describe("as OPA", () => {
  test.each(Object.keys(own))("%s", (name) => {
    checkAsOpa(own, name, [operands], 600);
  });
});
