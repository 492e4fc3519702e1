import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { severities } from "../engine/policy.js";
import { findingEventKinds } from "../store/history.js";
import type { AlertData } from "./alert-event.js";
import { alertSettings } from "./alert-settings.js";
import { emptyDigest, withChanges } from "./digest.js";
import { isForbidden, post, retryAfter } from "./post.js";
import { slackMessage } from "./slack.js";
import { signedHeaders } from "./webhook.js";

interface Block {
  readonly text?: { readonly text: string };
  readonly elements?: readonly { readonly text: string }[];
}

const text = fc.oneof(
  fc.string({ maxLength: 3_000, unit: "binary" }),
  fc.constantFrom("<!channel>", "<https://evil.test|click>", "a & b", "\u001b[31m\n\n*bold*", "😀".repeat(900)),
);
const change: fc.Arbitrary<AlertData> = fc.record({
  change: fc.constantFrom(...findingEventKinds),
  ...{ fingerprint: text, policy: text, title: text, message: text, scan: text },
  severity: fc.constantFrom(...severities),
  verdict: fc.constantFrom("fail" as const, "unknown" as const),
  resource: fc.record({
    ...{ id: text, provider: text, type: text, name: fc.option(text) },
    ...{ account: fc.option(text), region: fc.option(text) },
  }),
  owner: fc.option(text),
  link: fc.option(fc.webUrl()),
});

test("whatever is said, Slack's limits hold, every change is counted, and nothing of it is markup", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 120 }), (changes) => {
      const digest = withChanges(withChanges(emptyDigest, changes.slice(0, 40)), changes.slice(40));
      expect(digest.groups.reduce((sum, { count }) => sum + count, digest.more)).toBe(changes.length);
      const message = slackMessage(digest) as unknown as { text: string; blocks: readonly Block[] };
      expect(message.blocks.length).toBeLessThanOrEqual(50);
      const texts = message.blocks.flatMap((block) => [
        block.text?.text ?? "",
        ...(block.elements ?? []).map((one) => one.text),
      ]);
      for (const one of texts) {
        expect(one.length).toBeLessThanOrEqual(3_000);
        expect(one.isWellFormed()).toBe(true);
        expect(one).not.toMatch(/<!|<@|<#|<https:\/\/evil|[\u0000-\u0009\u001b]/);
      }
    }),
    { numRuns: 60 },
  );
});

test("an example of the specification: id, timestamp and body are signed, by each secret", () => {
  const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", `whsec_${Buffer.alloc(24).toString("base64")}`];
  const headers = signedHeaders({
    ...{ id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: new Date(1_614_265_330_000), body: '{"test": 2432232314}', secrets },
  });
  const [first, second] = headers["webhook-signature"]!.split(" ");
  expect(first).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  expect(second).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
  for (const bad of ["", "plain", "whsec_c2hvcnQ=", "whsec_!!!"])
    expect(() => signedHeaders({ id: "1", at: new Date(), body: "", secrets: [bad] })).toThrow("whsec_ and 24 to 64");
});

test.each([
  ["7", 7_000],
  ["Thu, 01 Jan 1970 00:01:00 GMT", 60_000],
  ["999999999999", 3_600_000],
  ["Thu, 01 Jan 1960 00:00:00 GMT", 0],
  ["soon", null],
  [undefined, null],
])("Retry-After: %s", (header, expected) => {
  expect(retryAfter(header, 0)).toBe(expected);
});

describe("addresses", () => {
  test.each([
    ["169.254.169.254", true],
    ["fe80::1", true],
    ["::ffff:169.254.169.254", true],
    ["0.0.0.0", true],
    ["fd00:ec2::254", true],
    ["10.0.0.1", false],
    ["127.0.0.1", false],
    ["2001:db8::1", false],
  ])("%s", (address, expected) => {
    expect(isForbidden(address)).toBe(expected);
  });

  test.each([
    ["http://example.test/", "https://"],
    ["https://169.254.169.254/latest", "169.254.169.254"],
    ["https://[fe80::1]/", "fe80::1"],
    ["https://[::ffff:a9fe:a9fe]/", "link"],
    ["ftp://example.test/", "https://"],
  ])("nothing is sent to %s", async (url, message) => {
    const sent = post({ ...{ url, headers: {}, body: "", timeoutMs: 1_000, allowHttp: false, caFile: null } });
    await expect(sent).rejects.toThrow(message);
  });
});

test.each([
  [{ kind: "webhook", url: "http://x.test/", secret: { env: "S" } }, "expected https://, or allowHttp"],
  [{ kind: "webhook", url: "https://u:p@x.test/", secret: { env: "S" } }, "without a user"],
  [{ kind: "webhook", url: "https://x.test/" }, "Invalid input"],
  [{ kind: "slack", url: "https://hooks.slack.test/secret" }, "Invalid input"],
  [{ kind: "mail", url: "https://x.test/" }, "Invalid"],
  [{ kind: "alertmanager", url: "https://x.test/", policies: ["*".repeat(50)] }, "stars"],
])("a wrong destination: %j", (given, message) => {
  const result = alertSettings.safeParse({ destinations: [{ name: "one", ...given }] });
  expect(result.error?.issues.map((issue) => issue.message).join("; ")).toContain(message);
});
