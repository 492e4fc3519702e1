import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { merkleLevels, merklePath, MerkleRoot, rootOfPath } from "./merkle.js";

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const hashes = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => sha256(Buffer.from(`entry ${i}`)));

/** The definition of RFC 6962, section 2.1, word by word. */
function definition(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return sha256(Buffer.concat([Buffer.from([0]), first]));
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.concat([Buffer.from([1]), definition(leaves.slice(0, k)), definition(leaves.slice(k))]));
}

function streamed(leaves: readonly Buffer[]): Buffer {
  const root = new MerkleRoot();
  for (const leaf of leaves) root.add(leaf);
  return root.root();
}

test("every tree of up to 70 leaves: the RFC's root, and a path of every leaf to it", () => {
  for (let count = 0; count <= 70; count++) {
    const leaves = hashes(count);
    const root = definition(leaves);
    expect(streamed(leaves)).toEqual(root);
    const levels = merkleLevels(leaves);
    for (const [index, entryHash] of leaves.entries()) {
      expect(rootOfPath({ entryHash, index, count, path: merklePath(levels, index) })).toEqual(root);
    }
  }
});

const tree = fc.integer({ min: 1, max: 3_000 }).chain((count) => fc.tuple(fc.constant(count), fc.nat(count - 1)));

test("a tree of any size: whatever is changed of a claim, it leads elsewhere", () => {
  fc.assert(
    fc.property(tree, fc.nat(), fc.integer({ min: 1, max: 255 }), ([count, index], place, flip) => {
      const leaves = hashes(count);
      const root = streamed(leaves);
      const path = merklePath(merkleLevels(leaves), index);
      const claim = { entryHash: leaves[index]!, index, count, path };
      expect(rootOfPath(claim)).toEqual(root);
      const all = Buffer.concat([claim.entryHash, ...path]);
      all[place % all.length]! ^= flip;
      const changed = {
        ...claim,
        entryHash: all.subarray(0, 32),
        path: path.map((_, i) => all.subarray(32 * (i + 1), 32 * (i + 2))),
      };
      expect(rootOfPath(changed)).not.toEqual(root);
      expect(rootOfPath({ ...claim, path: [...path, root] })).toBe(null);
      if (path.length > 0) expect(rootOfPath({ ...claim, path: path.slice(1) })).not.toEqual(root);
      if (count > 1) expect(rootOfPath({ ...claim, index: index === 0 ? 1 : index - 1 })).not.toEqual(root);
    }),
    { numRuns: 60 },
  );
});

test.each([
  { index: -1, count: 1 },
  { index: 1, count: 1 },
  { index: 0.5, count: 2 },
  { index: 0, count: Number.MAX_VALUE },
  { index: 0, count: Number.NaN },
])("not a place in a tree: %j", (place) => {
  expect(rootOfPath({ entryHash: hashes(1)[0]!, path: [], ...place })).toBe(null);
});
