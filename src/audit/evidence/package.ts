// An evidence package is a list of named files, in a zip file or in a folder, and a signed manifest that names them all. This
// file is what the two forms have in common.

/** How a file lies in a zip file. `bytes` and `sha256` are of what is stored, which a packer could otherwise vary. */
export interface StoredFile {
  readonly method: "deflate" | "stored";
  readonly bytes: number;
  readonly sha256: string;
}

export interface PackedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Null in a folder, where a file is stored as it is. */
  readonly stored: StoredFile | null;
}

export type Content = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** Files are added one after the other, and the manifest last: a package without it is none. */
export interface PackageWriter {
  readonly form: "zip" | "folder";
  /** Throws PortcullisError `usage` for what does not fit this form, and for a name that is there already. */
  add(name: string, content: Content): Promise<PackedFile>;
  /** Writes the manifest and makes everything durable; the package is still under its temporary name. */
  seal(manifest: Uint8Array): Promise<void>;
  /** Gives the package its name: from then on it is there, whole. */
  publish(): Promise<void>;
  /** Removes what was written. Does nothing after `publish`. */
  discard(): Promise<void>;
}

/** Checks the form alone: that nothing is in it but files with proper names. What is in them is the manifest's to say. */
export interface PackageReader {
  readonly form: "zip" | "folder";
  readonly files: ReadonlyMap<string, ReadFile>;
  close(): Promise<void>;
}

export interface ReadFile {
  readonly name: string;
  /** As the form says; `open` never yields more. */
  readonly bytes: number;
  readonly stored: { readonly method: StoredFile["method"]; readonly bytes: number } | null;
  /** The file's content. Throws Damage where it cannot be read back. */
  open(): AsyncIterable<Uint8Array>;
  /** The bytes as they are stored; those of `open` in a folder. */
  openStored(): AsyncIterable<Uint8Array>;
}

/** Something in a package is not as it was when it was made, or never was right. The message says what and where. */
export class Damage extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Damage";
  }
}

export const manifestName = "manifest.dsse.json";

export const limits = {
  /** Of one file, and of a whole zip file: what fits its 32-bit fields. */
  fileBytes: 0xffff_fffe,
  files: 0xfffe,
  totalBytes: 64 * 1024 ** 3,
  manifestBytes: 64 * 1024 ** 2,
  nameLength: 200,
  /** Text packs well, but not that well. Small files may: a line that is repeated. */
  ratio: 500,
  ratioFrom: 1024 ** 2,
} as const;

const properName = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/** A name that is the same on every system, and stays below the folder that it is unpacked in. */
export function isProperName(name: string): boolean {
  return name.length <= limits.nameLength && properName.test(name);
}
