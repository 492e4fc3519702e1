// The baselines that ship, against the policies that ship and against the standards' own numbering.
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { expect, test } from "vitest";
import { packageFile } from "../package-root.js";
import { coverage } from "./coverage.js";
import { loadBaselines } from "./load-baselines.js";

const shipped = new Set(
  readdirSync(packageFile("policies"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(join(sep, "policy.rego")))
    .map((file) => file.split(sep).slice(0, -1).join("-").replaceAll("_", "-")),
);
// Throws for a dangling policy id, a control that is there twice, and a control that says nothing.
const baselines = await loadBaselines({ ids: [], all: true, knownPolicies: shipped });
const controlsOf = (id: string): readonly string[] =>
  baselines.find((baseline) => baseline.id === id)?.controls.map((control) => control.id) ?? [];

/** How many controls there are by their beginning. */
function countsOf(id: string, beginning: RegExp): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const control of controlsOf(id)) {
    const start = beginning.exec(control)?.[0] ?? "?";
    counts[start] = (counts[start] ?? 0) + 1;
  }
  return counts;
}

test("the baselines that ship", () => {
  expect(baselines.map(({ id }) => id)).toEqual(["gdpr", "pci-dss-4.0.1", "soc2", "trading"]);
});

test("no control is silent", () => {
  expect(baselines.map(coverage).map(({ none }) => none)).toEqual(baselines.map(() => 0));
});

// What the gate asks of actions is no finding of a scan, so that no control of one could be proved by it.
test("every policy about resources serves a control, and none about actions does", () => {
  const used = new Set(baselines.flatMap(({ controls }) => controls.flatMap(({ policies }) => policies)));
  const isAboutActions = (policy: string): boolean => policy.startsWith("actions-");
  expect([...shipped].filter((policy) => !used.has(policy) && !isAboutActions(policy))).toEqual([]);
  expect([...used].filter(isAboutActions)).toEqual([]);
});

test("SOC 2 has its 61 criteria", () => {
  expect(countsOf("soc2", /^[A-Z]+[0-9]/)).toEqual({
    ...{ CC1: 5, CC2: 3, CC3: 4, CC4: 2, CC5: 3, CC6: 8, CC7: 5, CC8: 1, CC9: 2 },
    ...{ A1: 3, C1: 2, PI1: 5 },
    ...{ P1: 1, P2: 1, P3: 2, P4: 3, P5: 2, P6: 7, P7: 1, P8: 1 },
  });
  expect(controlsOf("soc2")).toHaveLength(61);
});

test("PCI DSS has its requirements", () => {
  expect(countsOf("pci-dss-4.0.1", /^(A?[0-9]+)/)).toEqual({
    ...{ 1: 19, 2: 11, 3: 29, 4: 6, 5: 13, 6: 19, 7: 12, 8: 29, 9: 27, 10: 27, 11: 21, 12: 37 },
    ...{ A1: 7, A2: 3, A3: 20 },
  });
});

test.each(["pci-dss-4.0.1", "soc2"])("the numbers of %s have no gap", (id) => {
  const all = new Set(controlsOf(id));
  const missing = [...all].filter((control) => {
    const [, parent = "", last = ""] = /^(.*\.)([0-9]+)$/.exec(control) ?? [];
    return Number(last) > 1 && !all.has(`${parent}${Number(last) - 1}`);
  });
  expect(missing).toEqual([]);
});

test("GDPR has the articles that bear on processing", () => {
  const articles = new Set(controlsOf("gdpr").map((control) => Number.parseInt(control, 10)));
  const between = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);
  expect([...articles]).toEqual([...between(5, 7), ...between(12, 22), ...between(24, 39), ...between(44, 49)]);
});
