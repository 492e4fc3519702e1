import { expect, test } from "vitest";
import { resource, verdict } from "../../test/testing/store.js";
import type { ScannedResource } from "../inventory/scan-item.js";
import { withoutSecrets } from "./verdict-secrets.js";

const on = resource("a", {
  config: {
    MasterUserPassword: "tr0ub4dor&3",
    Environment: { Variables: { API_TOKEN: "open-sesame-77", SHORT: "abc" } },
    UserData: "curl -u root:letmein",
    Port: 5432,
  },
});
const item: ScannedResource = { kind: "resource", resource: on, locate: () => null, references: [], failures: [] };

function said(message: string): string | undefined {
  const made = { ...verdict(on, "fail"), reasons: [{ message, path: null, location: null }] };
  return withoutSecrets(made, [item]).reasons[0]?.message;
}

test.each([
  ["the password is tr0ub4dor&3", "the password is <redacted>"],
  ['{"API_TOKEN":"open-sesame-77"} is bad', '{"API_TOKEN":"<redacted>"} is bad'],
  ["open-sesame-77open-sesame-77", "<redacted><redacted>"],
  ["user data: curl -u root:letmein", "user data: <redacted>"],
  ["the port is 5432", "the port is 5432"],
  ["abc is short", "abc is short"],
  ["see postgres://app:hunter2@db/x", "see postgres://app:<redacted>@db/x"],
])("%s", (message, expected) => {
  expect(said(message)).toBe(expected);
});

test("a verdict without a secret is the same one", () => {
  const plain = verdict(on, "fail");
  expect(withoutSecrets(plain, [item])).toBe(plain);
  expect(withoutSecrets(verdict(on, "pass"), [item]).reasons).toEqual([]);
});
