// Merkle trees over the entries of a segment, shaped and hashed as in RFC 6962: leaves and nodes can never be taken for each
// other, and a tree of any size has one shape.
import { createHash } from "node:crypto";

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafPrefix = Buffer.from([0]);
const nodePrefix = Buffer.from([1]);

/** Of an entry's hash, which stands for its content, its number and all entries before it. */
export const leafHash = (entryHash: Uint8Array): Buffer => sha256(leafPrefix, entryHash);
const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(nodePrefix, left, right);

/** Takes leaves one by one and keeps one hash for each power of two: a segment of any length in little memory. */
export class MerkleRoot {
  readonly #peaks: { readonly size: number; readonly hash: Buffer }[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(entryHash: Uint8Array): void {
    let peak = { size: 1, hash: leafHash(entryHash) };
    for (let last = this.#peaks.at(-1); last?.size === peak.size; last = this.#peaks.at(-1)) {
      this.#peaks.pop();
      peak = { size: peak.size * 2, hash: nodeHash(last.hash, peak.hash) };
    }
    this.#peaks.push(peak);
    this.#count++;
  }

  /** Of no leaves, the hash of nothing, as in the RFC. */
  root(): Buffer {
    const hashes = this.#peaks.map(({ hash }) => hash);
    return hashes.length === 0 ? sha256() : hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** Every level of a tree, the leaves first. A node without a neighbour moves up as it is. */
export type MerkleLevels = readonly (readonly Buffer[])[];

export function merkleLevels(entryHashes: readonly Uint8Array[]): MerkleLevels {
  const levels = [entryHashes.map(leafHash)];
  for (let level = levels[0] ?? []; level.length > 1;) {
    level = pairs(level);
    levels.push(level);
  }
  return levels;
}

function pairs(level: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i], level[i + 1]];
    if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
  }
  return above;
}

/** The neighbours on the way from a leaf to the root. */
export function merklePath(levels: MerkleLevels, index: number): Buffer[] {
  const path: Buffer[] = [];
  for (const [height, level] of levels.entries()) {
    const neighbour = level[Math.floor(index / 2 ** height) ^ 1];
    if (neighbour !== undefined && level.length > 1) path.push(neighbour);
  }
  return path;
}

export interface PathClaim {
  readonly entryHash: Uint8Array;
  readonly index: number;
  /** Leaves of the whole tree. */
  readonly count: number;
  readonly path: readonly Uint8Array[];
}

/** The root that the path leads to; null where it is not a path of such a tree. */
export function rootOfPath({ entryHash, index, count, path }: PathClaim): Buffer | null {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 0 || index >= count) return null;
  let hash = leafHash(entryHash);
  let used = 0;
  for (let [at, size] = [index, count]; size > 1; at = Math.floor(at / 2), size = Math.ceil(size / 2)) {
    const alone = at % 2 === 0 && at + 1 === size;
    if (alone) continue;
    const neighbour = path[used++];
    if (neighbour?.length !== 32) return null;
    hash = at % 2 === 1 ? nodeHash(neighbour, hash) : nodeHash(hash, neighbour);
  }
  return used === path.length ? hash : null;
}
