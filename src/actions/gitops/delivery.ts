// Who sent a webhook: GitHub signs the body, GitLab sends a token or signs as Standard Webhooks has it.
import { createHmac, timingSafeEqual } from "node:crypto";

export interface Delivery {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly now: Date;
}

/** A signature with a time counts so long. */
const toleranceSeconds = 300;

/** The delivery's id, the same when it is sent again; null where the secret did not make it. */
export function deliveryId(delivery: Delivery, secret: string): string | null {
  const header = (name: string): string | null => {
    const value = delivery.headers[name];
    return typeof value === "string" && value.length > 0 && value.length <= 1_000 ? value : null;
  };
  const github = header("x-hub-signature-256");
  if (github !== null)
    return isGithub(delivery.body, github, secret) ? named("github", header("x-github-delivery")) : null;
  const signature = header("webhook-signature");
  if (signature !== null) {
    const [id, at] = [header("webhook-id"), header("webhook-timestamp")];
    return id !== null && at !== null && isStandard({ delivery, id, at, signature }, secret)
      ? named("gitlab", id)
      : null;
  }
  const token = header("x-gitlab-token");
  if (token === null || !isSame(token, secret)) return null;
  return named("gitlab", header("idempotency-key") ?? header("x-gitlab-event-uuid"));
}

const headsChange = new Set(["push", "create", "delete", "Push Hook", "System Hook"]);

/** False for what changes no branch, such as our own statuses: a server that tells everything is not asked each time. */
export function mayChangeHeads({ headers }: Pick<Delivery, "headers">): boolean {
  const event = headers["x-github-event"] ?? headers["x-gitlab-event"];
  return typeof event !== "string" || headsChange.has(event);
}

function named(sender: string, id: string | null): string | null {
  return id === null || id.length > 200 ? null : `${sender}:${id}`;
}

function isGithub(body: Buffer, header: string, secret: string): boolean {
  const [, hex] = /^sha256=([0-9a-f]{64})$/i.exec(header) ?? [];
  if (hex === undefined) return false;
  return timingSafeEqual(createHmac("sha256", secret).update(body).digest(), Buffer.from(hex, "hex"));
}

interface Signed {
  readonly delivery: Delivery;
  readonly id: string;
  readonly at: string;
  readonly signature: string;
}

function isStandard({ delivery, id, at, signature }: Signed, secret: string): boolean {
  if (!/^\d{1,12}$/.test(at)) return false;
  if (Math.abs(delivery.now.getTime() / 1_000 - Number(at)) > toleranceSeconds) return false;
  const key = secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  const expected = createHmac("sha256", key).update(`${id}.${at}.`).update(delivery.body).digest("base64");
  return signature
    .split(" ")
    .slice(0, 10)
    .map((one) => isSame(one, `v1,${expected}`))
    .includes(true);
}

/** The time that it takes tells nothing of the secret, its length included. */
function isSame(one: string, other: string): boolean {
  const key = Buffer.alloc(32);
  const hash = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
