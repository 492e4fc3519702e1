// OPA's conformance suite on the reference engine: how much of it opa-wasm does, for the record. Each case is compiled by itself, which
// takes four minutes of one processor in all.
import { expect, test } from "vitest";
import { conformanceCases, failureOf } from "../testing/conformance.js";

test("the reference engine's share of the suite", async () => {
  const counts = { v0: { passed: 0, failed: 0 }, v1: { passed: 0, failed: 0 } };
  for (const one of conformanceCases()) {
    const failure = await failureOf(one, "wasm");
    counts[one.version][failure === null ? "passed" : "failed"]++;
  }
  process.stdout.write(`opa-wasm on OPA's suite: ${JSON.stringify(counts)}\n`);
  // It lacks built-in functions; it does not lack Rego.
  expect(counts.v1.passed / (counts.v1.passed + counts.v1.failed)).toBeGreaterThan(0.5);
}, 900_000);
