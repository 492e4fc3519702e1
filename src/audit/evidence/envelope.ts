// The manifest's envelope: DSSE 1.0 (https://github.com/secure-systems-lab/dsse) with one Ed25519 signature. Any verifier of
// DSSE accepts it; this one accepts only the one form in which it is written, so that no byte of it can change unseen.
import { z } from "zod";
import { canonicalJson } from "../canonical-json.js";
import { isSignedBy, keyId, type SigningKey } from "../signing-key.js";
import { parseCanonical } from "./lines.js";
import { Damage } from "./package.js";

export const payloadType = "application/vnd.in-toto+json";

const schema = z.strictObject({
  // That it is base64 shows when it is encoded again: a pattern would recurse over the megabytes of a large manifest.
  payload: z.string(),
  payloadType: z.literal(payloadType),
  signatures: z.tuple([z.strictObject({ keyid: z.string().regex(/^[0-9a-f]{64}$/), sig: z.string().max(200) })]),
});

export interface Envelope {
  /** Exactly what was signed, in UTF-8: nothing is read from anywhere else. */
  readonly payload: string;
  /** SHA-256 of the public key in DER (SubjectPublicKeyInfo), hex. A hint as any, until the signature holds. */
  readonly keyid: string;
  /** Base64. */
  readonly signature: string;
}

/** What the signature is over: the type and the payload, each with its length in bytes. */
export function preAuthenticationEncoding(type: string, payload: string): string {
  return `DSSEv1 ${Buffer.byteLength(type, "utf8")} ${type} ${Buffer.byteLength(payload, "utf8")} ${payload}`;
}

export function sealEnvelope(payload: string, key: SigningKey): Buffer {
  const signature = key.sign(preAuthenticationEncoding(payloadType, payload));
  return encode({ payload, keyid: key.id, signature });
}

/** Throws Damage for whatever is not exactly an envelope as `sealEnvelope` writes it. */
export function parseEnvelope(bytes: Buffer): Envelope {
  const text = bytes.toString("utf8");
  const parsed = schema.safeParse(parseCanonical("the manifest", text.replace(/\n$/, "")));
  if (!parsed.success) throw new Damage("the manifest is no DSSE envelope of an in-toto statement with one signature");
  const [{ keyid, sig }] = parsed.data.signatures;
  const envelope = { payload: Buffer.from(parsed.data.payload, "base64").toString("utf8"), keyid, signature: sig };
  if (!encode(envelope).equals(bytes)) throw new Damage("the manifest's envelope is not in its canonical form");
  return envelope;
}

/** `spki` is the public key, DER in base64. */
export function isEnvelopeSignedBy({ payload, keyid, signature }: Envelope, spki: string): boolean {
  const isThatKey = keyid === keyId(Buffer.from(spki, "base64"));
  return isThatKey && isSignedBy(spki, preAuthenticationEncoding(payloadType, payload), signature);
}

function encode({ payload, keyid, signature }: Envelope): Buffer {
  const text = canonicalJson({
    payload: Buffer.from(payload, "utf8").toString("base64"),
    payloadType,
    signatures: [{ keyid, sig: signature }],
  });
  return Buffer.from(`${text}\n`, "utf8");
}
