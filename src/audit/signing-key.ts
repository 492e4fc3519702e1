// The Ed25519 keys that sign checkpoints. A private key comes from the environment, from a file that the environment names, or
// from the data folder, where the first one is made.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, PortcullisError } from "../errors.js";
import { makeFolder } from "../folders.js";

export interface SigningKey {
  /** SHA-256 of the public key's SPKI, hex. */
  readonly id: string;
  /** The public key: DER SPKI, base64. */
  readonly spki: string;
  /** Base64. */
  sign(text: string): string;
}

export interface KeyPlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const keyVariable = "PORTCULLIS_AUDIT_KEY";
export const keyFileVariable = "PORTCULLIS_AUDIT_KEY_FILE";

/** Where the key of the data folder is. */
export const keyFile = (place: KeyPlace): string => join(place.folder, "key.pem");
/** A key that a rotation has made: it becomes the other when the trail has its statement. */
const nextKeyFile = (place: KeyPlace): string => join(place.folder, "key.next.pem");

/** The keys that may be the one that the trail names; of a rotation that broke off there are two. */
export function readSigningKeys(place: KeyPlace): readonly SigningKey[] {
  const secret = place.environment[keyVariable];
  if (secret !== undefined && secret !== "") return [signingKey(secret, `$${keyVariable}`)];
  const named = place.environment[keyFileVariable];
  if (named !== undefined && named !== "") return [readSigningKey(named)];
  return [keyFile(place), nextKeyFile(place)].filter(isThere).map(readSigningKey);
}

/** True where the key is not ours to replace. */
export function isKeyFromOutside({ environment }: KeyPlace): boolean {
  return [keyVariable, keyFileVariable].some((name) => (environment[name] ?? "") !== "");
}

export function readSigningKey(file: string): SigningKey {
  try {
    return signingKey(readFileSync(file, "utf8"), file);
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw new PortcullisError("config-invalid", `cannot read the audit key ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Makes the key of the data folder, for its owner only. Of two processes that make one, both use the one that was first. */
export function createSigningKey(place: KeyPlace): SigningKey {
  writeNewKey(place, keyFile(place));
  return readSigningKey(keyFile(place));
}

/** The key that a rotation brings in: the one in the file, or a new one. */
export function prepareNextKey(place: KeyPlace, file: string | null): SigningKey {
  // Read before anything is written: what is no key would stand in the way of every signature from then on.
  const given = file === null ? null : readSigningKey(file);
  if (given !== null && isKeyFromOutside(place)) return given;
  if (isThere(nextKeyFile(place))) rmSync(nextKeyFile(place));
  if (file === null) writeNewKey(place, nextKeyFile(place));
  else writeKey(place, nextKeyFile(place), readFileSync(file, "utf8"));
  return readSigningKey(nextKeyFile(place));
}

export function promoteNextKey(place: KeyPlace): void {
  if (isThere(nextKeyFile(place))) renameSync(nextKeyFile(place), keyFile(place));
}

function writeNewKey(place: KeyPlace, file: string): void {
  const { privateKey } = generateKeyPairSync("ed25519");
  writeKey(place, file, privateKey.export({ format: "pem", type: "pkcs8" }).toString());
}

/** Whole or not at all, and never over another. */
function writeKey({ folder }: KeyPlace, file: string, pem: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    makeFolder(folder, 0o700);
    writeFileSync(temporary, pem, { mode: 0o600 });
    chmodSync(temporary, 0o600);
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    throw new PortcullisError("config-invalid", `cannot write the audit key ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** PEM (line ends may be written as \n, as secrets of CI have them), or the DER of PKCS #8 in base64. */
function signingKey(secret: string, from: string): SigningKey {
  const key = privateKeyOf(secret.trim().replaceAll("\\n", "\n"));
  if (key?.asymmetricKeyType !== "ed25519") {
    throw new PortcullisError(
      "config-invalid",
      `the audit key in ${from} is not an Ed25519 private key in PKCS #8 (PEM, or DER in base64); make one with: openssl genpkey -algorithm ed25519`,
    );
  }
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    id: keyId(spki),
    spki: spki.toString("base64"),
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64"),
  };
}

function privateKeyOf(secret: string): KeyObject | null {
  try {
    if (secret.startsWith("-----BEGIN")) return createPrivateKey(secret);
    return createPrivateKey({ key: Buffer.from(secret, "base64"), format: "der", type: "pkcs8" });
  } catch {
    return null;
  }
}

export function keyId(spki: Uint8Array): string {
  return createHash("sha256").update(spki).digest("hex");
}

/** False for whatever is not a signature of the text by the key. */
export function isSignedBy(spki: string, text: string, signature: string): boolean {
  const key = publicKeyOf(spki);
  return key !== null && isBase64(signature) && verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
}

/** One text for one signature: Buffer would read past what is not base64. */
const isBase64 = (text: string): boolean => Buffer.from(text, "base64").toString("base64") === text;

function publicKeyOf(spki: string): KeyObject | null {
  if (!isBase64(spki)) return null;
  try {
    const key = createPublicKey({ key: Buffer.from(spki, "base64"), format: "der", type: "spki" });
    return key.asymmetricKeyType === "ed25519" ? key : null;
  } catch {
    return null;
  }
}

/** The id of a public key as people hand it on: PEM, SPKI in base64, or the id itself. */
export function publicKeyId(text: string, from: string): string {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return trimmed.toLowerCase();
  const pem = /^-----BEGIN PUBLIC KEY-----([\s\S]+)-----END PUBLIC KEY-----$/.exec(trimmed);
  const spki = (pem?.[1] ?? trimmed).replace(/\s/g, "");
  if (publicKeyOf(spki) !== null) return keyId(Buffer.from(spki, "base64"));
  throw new PortcullisError(
    "usage",
    `${from} is not an Ed25519 public key: expected PEM, SPKI in base64, or the SHA-256 of the SPKI in hex`,
  );
}

function isThere(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
