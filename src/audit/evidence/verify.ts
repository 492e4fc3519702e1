// Verifies a package with nothing but the package and a public key: no store, no configuration, no network.
import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { messageOf, PortcullisError } from "../../errors.js";
import { isEnvelopeSignedBy, parseEnvelope } from "./envelope.js";
import { openFolder } from "./folder-reader.js";
import { readWhole } from "./lines.js";
import { Damage, limits, manifestName, type PackageReader, type PackedFile } from "./package.js";
import { parseStatement, type Statement } from "./statement.js";
import { beyondProof, verdictOf, type Check, type Verification } from "./verification.js";
import { verifyAudit } from "./verify-audit.js";
import { verifyBaseline } from "./verify-baseline.js";
import { verifyConfigurations, verifyControl, verifyLists, type Known, type Opened } from "./verify-contents.js";
import { verifyOscal } from "./verify-oscal.js";
import { openZip } from "./zip-reader.js";

export interface VerifyOptions {
  /** The id of the signer's public key, got by another way than the package; null where there is none. */
  readonly key: string | null;
}

/** Throws PortcullisError `input-unreadable` for what cannot be read at all; everything else is in the result. */
export async function verifyPackage(path: string, { key }: VerifyOptions): Promise<Verification> {
  const findings = new Findings(path, key);
  await findings.check("form", async () => {
    findings.reader = await openPackage(path);
    return `${findings.reader.files.size} files in a ${findings.reader.form}, and nothing else`;
  });
  if (findings.reader === null) return findings.result();
  try {
    await verifyOpened(findings.reader, key, findings);
  } finally {
    await findings.reader.close();
  }
  return findings.result();
}

async function openPackage(path: string): Promise<PackageReader> {
  const found = await stat(path).catch((error: unknown) => {
    throw new PortcullisError("input-unreadable", `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  // A pipe would keep whoever opens it waiting for ever.
  if (!found.isDirectory() && !found.isFile())
    throw new PortcullisError(
      "input-unreadable",
      `${path} is neither a file nor a folder: expected an evidence package`,
    );
  const reader = found.isDirectory() ? await openFolder(path) : await openZip(path);
  if (reader.files.has(manifestName)) return reader;
  await reader.close();
  throw new PortcullisError("input-unreadable", `${path} is not an evidence package: it has no ${manifestName}`);
}

/** Each part is looked at only when those before it hold: nothing is concluded from what is not authentic. */
async function verifyOpened(reader: PackageReader, key: string | null, findings: Findings): Promise<void> {
  const signed = await findings.check("signature", () => verifySignature(reader, key, findings));
  const { statement } = findings;
  if (!signed || statement === null) return;
  if (!(await findings.check("files", () => verifyFiles(reader, statement)))) return;
  await verifyContents(openedPackage(reader, statement), findings);
}

async function verifySignature(
  reader: PackageReader,
  key: string | null,
  findings: Findings,
): Promise<string | Unproved> {
  const manifest = reader.files.get(manifestName);
  if (manifest === undefined) throw new Damage(`there is no ${manifestName}`);
  const bytes = await readWhole(manifestName, manifest.open(), limits.manifestBytes);
  const envelope = parseEnvelope(bytes);
  findings.keyid = envelope.keyid;
  if (key !== null && envelope.keyid !== key)
    throw new Damage(`signed by another key (${envelope.keyid}) than the one that was given (${key})`);
  const statement = parseStatement(envelope.payload);
  const { signer } = statement.predicate;
  // The key's id is its hash: a key with the id that was given is the key that was given.
  if (signer.keyid !== envelope.keyid || !isEnvelopeSignedBy(envelope, signer.spki))
    throw new Damage("the signature does not fit the manifest and the key that it names");
  findings.statement = statement;
  if (key !== null) return `signed by ${envelope.keyid}, the key that was given`;
  return { unproved: `signed by ${envelope.keyid}, and whose key that is was not checked: give --key` };
}

/** All files that the manifest names, in its order, with the content that it names; and no others. */
async function verifyFiles(reader: PackageReader, { files, predicate }: Statement): Promise<string> {
  if (reader.form !== predicate.form)
    throw new Damage(`the package was made as a ${predicate.form}, not as a ${reader.form}`);
  const stated = new Set([...files.map(({ name }) => name), manifestName]);
  for (const name of reader.files.keys()) if (!stated.has(name)) throw new Damage(`${name} is not in the manifest`);
  for (const name of stated) if (!reader.files.has(name)) throw new Damage(`${name} is missing`);
  if (reader.form === "zip" && [...reader.files.keys()].join() !== [...stated].join())
    throw new Damage("the files are not in the manifest's order");
  // Nothing can say how the manifest itself is packed, so there is one way only.
  if (reader.files.get(manifestName)?.stored?.method === "deflate")
    throw new Damage(`${manifestName} is not packed as a package has it: it was changed`);
  let bytes = 0;
  for (const file of files) bytes += await verifyFile(reader, file);
  return `${files.length} files, ${bytes} bytes, all with the SHA-256 that the manifest states`;
}

async function verifyFile(reader: PackageReader, { name, bytes, sha256, stored }: PackedFile): Promise<number> {
  const file = reader.files.get(name);
  const isAsStated =
    file?.bytes === bytes && file.stored?.method === stored?.method && file.stored?.bytes === stored?.bytes;
  if (file === undefined || !isAsStated) throw new Damage(`${name} has another size than the manifest states`);
  if (stored !== null && (await digest(file.openStored())) !== stored.sha256)
    throw new Damage(`${name} is not packed as the manifest states: it was changed`);
  if ((await digest(file.open())) !== sha256) throw new Damage(`${name} was changed`);
  return bytes;
}

async function digest(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of content) hash.update(chunk);
  return hash.digest("hex");
}

function openedPackage(reader: PackageReader, { files, predicate }: Statement): Opened {
  const stated = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  const digestOf = (name: string): string => {
    const sha256 = stated.get(name);
    if (sha256 === undefined) throw new Damage(`${name} is missing`);
    return sha256;
  };
  return {
    predicate,
    names: [...stated.keys()],
    sha256: digestOf,
    open: (name) => reopened(reader, name, digestOf(name)),
  };
}

/** Read again, and checked again: the disk may have another content by now. */
async function* reopened(reader: PackageReader, name: string, sha256: string): AsyncGenerator<Uint8Array> {
  const file = reader.files.get(name);
  if (file === undefined) throw new Damage(`${name} is missing`);
  const hash = createHash("sha256");
  for await (const chunk of file.open()) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest("hex") !== sha256) throw new Damage(`${name} changed while it was read`);
}

async function verifyContents(opened: Opened, findings: Findings): Promise<void> {
  let configurations = new Map<string, string | null>();
  let scans: Known["scans"] = null;
  const { controls } = opened.predicate;
  await findings.check("configurations", async () => {
    configurations = await verifyConfigurations(opened);
    const missing = [...configurations.values()].filter((hash) => hash === null).length;
    const all = `${configurations.size} configurations have the content that their hash says`;
    return missing === 0 ? all : { unproved: `${missing} of ${configurations.size} configurations were not kept` };
  });
  await findings.check("lists", async () => {
    scans = await verifyLists(opened);
    return "scans, gaps, problems, runs, events, waivers, changes: counts, and CSV against JSON Lines";
  });
  await findings.check("controls", async () => {
    const judged = controls.filter(({ outcome, population }) => population > 0 || outcome !== "not-assessed");
    const policies = await verifyBaseline(opened);
    for (const control of controls)
      await verifyControl(opened, control, { configurations, scans, policies: policies.get(control.id) ?? [] });
    return `${controls.length} controls, ${judged.length} of them judged: counts, exceptions, sample and outcome follow from the population`;
  });
  await findings.check("audit", () => verifyAudit(opened));
  await findings.check("oscal", () => verifyOscal(opened));
}

export interface Unproved {
  readonly unproved: string;
}

/** A package can hold anything, and what cannot be made sense of is damage. Throws what is no fault of the package. */
function damageOf(error: unknown): Damage {
  if (error instanceof Damage) return error;
  if (error instanceof TypeError || error instanceof RangeError) return new Damage(`not understood: ${error.message}`);
  if (error instanceof PortcullisError && error.code === "internal") return new Damage(error.message);
  if (error instanceof Error && "syscall" in error)
    throw new PortcullisError("input-unreadable", `the package cannot be read: ${error.message}`, { cause: error });
  throw error;
}

class Findings {
  readonly #checks: Check[] = [];
  readonly #path: string;
  readonly #key: string | null;
  reader: PackageReader | null = null;
  statement: Statement | null = null;
  keyid: string | null = null;

  constructor(path: string, key: string | null) {
    this.#path = path;
    this.#key = key;
  }

  /** Runs a check and keeps what came of it; false when something is wrong. */
  async check(name: string, work: () => Promise<string | Unproved>): Promise<boolean> {
    try {
      const found = await work();
      if (typeof found === "string") this.#checks.push({ name, status: "proved", detail: found });
      else this.#checks.push({ name, status: "not-proved", detail: found.unproved });
      return true;
    } catch (error) {
      this.#checks.push({ name, status: "wrong", detail: damageOf(error).message });
      return false;
    }
  }

  result(): Verification {
    const { predicate } = this.statement ?? {};
    const verdict = verdictOf(this.#checks);
    const authenticated = this.#key !== null && this.statement !== null;
    return {
      package: this.#path,
      verdict,
      signer: this.keyid === null ? null : { keyid: this.keyid, authenticated },
      baseline: predicate?.baseline.id ?? null,
      period: predicate?.period ?? null,
      checks: this.#checks,
      beyond: beyondProof,
    };
  }
}
