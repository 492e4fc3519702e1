// OPA's own conformance suite on the js engine, Rego v0 and v1.
import { describe, expect, test } from "vitest";
import { conformanceCases, failureOf, type Case } from "./testing/conformance.js";

const network = "policies get no network";
const text = "OPA keeps the text of a number (100.0, 2e308); here numbers are values";

/** Cases that are not run as they are, with the reason. One that passes after all fails here: the list can only shrink. */
const exceptions: Readonly<Record<string, string>> = {
  "net.lookup_ip_addr/localhost": network,
  "net.lookup_ip_addr/simple ip4 returns that ip4": network,
  "net.lookup_ip_addr/simple ip6 returns that ip6": network,
  "invalidkeyerror/invalid keys": `http.send: ${network}`,
  "invalidkeyerror/missing keys": `http.send: ${network}`,
  "time/time caching": "calls test.sleep, which OPA's own test program adds",
  "sprintf/float/exponent": text,
  "sprintf/float/zero_fraction": text,
  "strings/sprintf: float too big": text,
  "providers-aws-sign_req/failure-simple-bad timestamp": text,
};

const cases = conformanceCases();

function groups(): Map<string, Case[]> {
  const found = new Map<string, Case[]>();
  for (const one of cases) {
    const group = `${one.version} ${one.note.split("/")[0] ?? ""}`;
    found.set(group, [...(found.get(group) ?? []), one]);
  }
  return found;
}

describe.each([...groups()])("%s", (_, group) => {
  test(`${group.length} cases`, async () => {
    const failures: string[] = [];
    for (const one of group) {
      const failure = await failureOf(one, "js");
      const isExpected = Object.hasOwn(exceptions, one.note);
      if (failure !== null && !isExpected) failures.push(`${one.note}: ${failure}`);
      if (failure === null && isExpected) failures.push(`${one.note}: passes, take it off the list of exceptions`);
    }
    expect(failures).toEqual([]);
  });
});

test("the suite is all there, and the list of exceptions is short", () => {
  expect(cases.filter(({ version }) => version === "v0").length).toBeGreaterThan(2_000);
  expect(cases.filter(({ version }) => version === "v1").length).toBeGreaterThan(2_300);
  expect(Object.keys(exceptions).length).toBeLessThan(15);
  expect(Object.keys(exceptions).filter((note) => !cases.some((one) => one.note === note))).toEqual([]);
});
