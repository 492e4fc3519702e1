// A signed webhook as https://www.standardwebhooks.com has it, with a batch of CloudEvents as its body.
import { createHmac } from "node:crypto";
import { PortcullisError } from "../errors.js";

export interface Signing {
  /** Of the message, the same at each attempt. */
  readonly id: string;
  readonly at: Date;
  readonly body: string;
  /** The new one first; receivers take either. */
  readonly secrets: readonly string[];
}

export function signedHeaders({ id, at, body, secrets }: Signing): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const signatures = secrets.map((secret) => {
    const hmac = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`, "utf8");
    return `v1,${hmac.digest("base64")}`;
  });
  return {
    "content-type": "application/cloudevents-batch+json; charset=utf-8",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

function keyOf(secret: string): Buffer {
  const key = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret) ? Buffer.from(secret.slice(6), "base64") : Buffer.alloc(0);
  if (key.length >= 24 && key.length <= 64) return key;
  throw new PortcullisError(
    "config-invalid",
    "alerts: a webhook's secret is whsec_ and 24 to 64 bytes in base64: echo whsec_$(openssl rand -base64 32)",
  );
}
