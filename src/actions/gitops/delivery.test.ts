import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { deliveryId } from "./delivery.js";

const secret = "a secret of some length";
const body = Buffer.from('{"ref":"refs/heads/main"}');
const now = new Date("2026-01-01T00:00:00Z");
const seconds = String(now.getTime() / 1_000);
const github = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
const key = Buffer.alloc(32, 7);
const signing = `whsec_${key.toString("base64")}`;
const standard = (at: string): string =>
  `v1,${createHmac("sha256", key).update(`d1.${at}.`).update(body).digest("base64")}`;
const signed = (at: string, signature = standard(at)) => ({
  ...{ "webhook-id": "d1", "webhook-timestamp": at, "webhook-signature": signature },
});

test.each<[string, Record<string, string>, string, string | null]>([
  ["GitHub", { "x-hub-signature-256": github, "x-github-delivery": "d1" }, secret, "github:d1"],
  [
    "GitHub in capitals",
    { "x-hub-signature-256": github.toUpperCase().replace("SHA", "sha"), "x-github-delivery": "d1" },
    secret,
    "github:d1",
  ],
  ["another secret", { "x-hub-signature-256": github, "x-github-delivery": "d1" }, "another", null],
  ["a short signature", { "x-hub-signature-256": "sha256=ab", "x-github-delivery": "d1" }, secret, null],
  ["no delivery id", { "x-hub-signature-256": github }, secret, null],
  ["GitLab's token", { "x-gitlab-token": secret, "idempotency-key": "d1" }, secret, "gitlab:d1"],
  ["GitLab's token, older", { "x-gitlab-token": secret, "x-gitlab-event-uuid": "d1" }, secret, "gitlab:d1"],
  ["GitLab's wrong token", { "x-gitlab-token": `${secret}x`, "idempotency-key": "d1" }, secret, null],
  ["GitLab's signature", signed(seconds), signing, "gitlab:d1"],
  ["one of several", signed(seconds, `v1,AAAA ${standard(seconds)}`), signing, "gitlab:d1"],
  ["an old signature", signed(String(Number(seconds) - 301)), signing, null],
  ["a signature of another time", signed(seconds, standard("1")), signing, null],
  [
    "a wrong signature is not rescued by a right token",
    { "x-hub-signature-256": "sha256=ab", "x-gitlab-token": secret, "idempotency-key": "d1" },
    secret,
    null,
  ],
  ["nothing", {}, secret, null],
])("%s", (_name, headers, configured, id) => {
  expect(deliveryId({ headers, body, now }, configured)).toBe(id);
});
