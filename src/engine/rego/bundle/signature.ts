// `.signatures.json` of OPA's bundles: a JWT that names each file with a hash. https://www.openpolicyagent.org/docs/management-bundles#signing
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import { CompactSign, compactVerify, decodeProtectedHeader } from "jose";
import { z } from "zod";
import { messageOf, PortcullisError } from "../../../errors.js";
import { parseValue } from "../data-files.js";
import { toJsonText } from "../js/values.js";
import type { ArchiveFile } from "./archive.js";
import { canonicalText } from "./canonical-text.js";

export const signatureFile = ".signatures.json";

export interface VerificationKey {
  readonly algorithm: string;
  readonly key: KeyObject;
}

export interface Verification {
  /** Null: the signature's own `kid` chooses. */
  readonly keyid: string | null;
  readonly scope: string | null;
  readonly keys: ReadonlyMap<string, VerificationKey>;
}

export interface Signing {
  readonly key: KeyObject;
  readonly algorithm: string;
  readonly keyid: string | null;
  readonly scope: string | null;
}

const signatures = z.object({ signatures: z.array(z.string()) });
const payload = z.object({
  files: z.array(z.object({ name: z.string(), hash: z.string(), algorithm: z.string().optional() })),
  scope: z.string().optional(),
  keyid: z.string().optional(),
});
type Payload = z.infer<typeof payload>;

const hashes: Readonly<Record<string, string>> = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };

/** Throws PortcullisError("policy-invalid") unless exactly the files of the bundle are what was signed. */
export async function verifyFiles(
  name: string,
  files: readonly ArchiveFile[],
  verification: Verification,
): Promise<void> {
  const refuse = (reason: string): PortcullisError =>
    new PortcullisError("policy-invalid", `the bundle ${name} is not accepted: ${reason}`);
  const token = tokenIn(files);
  if (token === null) throw refuse(`it has no ${signatureFile} with one signature, and keys are configured`);
  let signed: Payload;
  try {
    signed = await verifiedPayload(token, verification);
  } catch (cause) {
    throw refuse(messageOf(cause));
  }
  const expected = new Map(signed.files.map((file) => [withoutSlash(file.name), file]));
  for (const file of files) {
    if (file.path === signatureFile) continue;
    const entry = expected.get(file.path);
    if (entry === undefined) throw refuse(`${file.path} is not in its signature`);
    if (!isHashOf(entry, file)) throw refuse(`${file.path} is not what was signed`);
    expected.delete(file.path);
  }
  const [missing] = expected.keys();
  if (missing !== undefined) throw refuse(`${missing} was signed and is not in it`);
}

function tokenIn(files: readonly ArchiveFile[]): string | null {
  const file = files.find(({ path }) => path === signatureFile);
  if (file === undefined) return null;
  const parsed = signatures.safeParse(jsonOf(file));
  return parsed.success && parsed.data.signatures.length === 1 ? (parsed.data.signatures[0] ?? null) : null;
}

function jsonOf({ bytes }: ArchiveFile): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return null;
  }
}

async function verifiedPayload(token: string, { keyid, scope, keys }: Verification): Promise<Payload> {
  const id = keyid ?? decodeProtectedHeader(token).kid ?? unverifiedKeyId(token);
  const known = id === undefined ? undefined : keys.get(id);
  if (known === undefined) throw new Error(`there is no key ${JSON.stringify(id ?? "")} in the configuration`);
  const { payload: bytes } = await compactVerify(token, known.key, { algorithms: [known.algorithm] });
  const signed = payload.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  if ((signed.scope ?? "") !== (scope ?? ""))
    throw new Error(`it was signed for the scope ${JSON.stringify(signed.scope ?? "")}`);
  return signed;
}

/** OPA's older signatures say it in the payload. It only chooses among the keys that are trusted. */
function unverifiedKeyId(token: string): string | undefined {
  const text = Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8");
  return z.object({ keyid: z.string() }).safeParse(JSON.parse(text)).data?.keyid;
}

function isHashOf({ hash, algorithm }: Payload["files"][number], file: ArchiveFile): boolean {
  const kind = hashes[algorithm ?? ""];
  if (kind === undefined) return false;
  const [given, actual] = [Buffer.from(hash, "hex"), createHash(kind).update(hashedBytes(file)).digest()];
  return given.length === actual.length && timingSafeEqual(given, actual);
}

/** JSON and YAML count by what they say and not by how they are written. */
function hashedBytes({ path, bytes }: ArchiveFile): Uint8Array | string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  const text = (): string => Buffer.from(bytes).toString("utf8");
  if (base === "data.json" || base === ".manifest") return canonicalText(text());
  return base === "data.yaml" || base === "data.yml" ? toJsonText(parseValue(path, text())) : bytes;
}

function withoutSlash(name: string): string {
  return name.replace(/^\/+/, "");
}

/** The file that signs the others. */
export async function signFiles(files: readonly ArchiveFile[], signing: Signing): Promise<ArchiveFile> {
  const listed = files
    .filter(({ path }) => path !== signatureFile)
    .map((file) => ({
      name: file.path,
      hash: createHash("sha256").update(hashedBytes(file)).digest("hex"),
      algorithm: "SHA-256",
    }));
  const { algorithm: alg, keyid, scope, key } = signing;
  const claims = { files: listed, ...(keyid === null ? {} : { keyid }), ...(scope === null ? {} : { scope }) };
  const token = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg, typ: "JWT", ...(keyid === null ? {} : { kid: keyid }) })
    .sign(key);
  return { path: signatureFile, bytes: Buffer.from(JSON.stringify({ signatures: [token] })) };
}

/** A key from its PEM text; for HS256 and its like the text is the secret. */
export function verificationKey(text: string, algorithm: string): KeyObject {
  return algorithm.startsWith("HS") ? createSecretKey(Buffer.from(text)) : createPublicKey(text);
}

export function signingKey(text: string, algorithm: string): KeyObject {
  return algorithm.startsWith("HS") ? createSecretKey(Buffer.from(text)) : createPrivateKey(text);
}
