"use strict";
// Ranges of IP addresses, both versions, as numbers: an address block is its first and its last address.

/** `{version, first, last}` of an address block, or undefined where it is none. Bits beyond the prefix are ignored, as AWS does. */
function parseBlock(text) {
  if (typeof text !== "string" || text.length > 100) return undefined;
  const [address, length, ...rest] = text.trim().split("/");
  const parsed = address.includes(":") ? parseVersion6(address) : parseVersion4(address);
  if (parsed === undefined || rest.length > 0) return undefined;
  const bits = parsed.version === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  if (prefix < 0 || prefix > bits) return undefined;
  const size = 1n << BigInt(bits - prefix);
  const first = parsed.number - (parsed.number % size);
  return { version: parsed.version, first, last: first + size - 1n };
}

function parseVersion4(text) {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return { version: 4, number: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

function parseVersion6(text) {
  const [head, tail, ...rest] = text.split("::");
  if (rest.length > 0) return undefined;
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = 8 - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { version: 6, number: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

/** Blocks of one version as few ranges that do not touch. */
function mergeRanges(blocks) {
  const sorted = [...blocks].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const merged = [];
  for (const block of sorted) {
    const before = merged.at(-1);
    if (before === undefined || block.first > before.last + 1n) merged.push({ ...block });
    else if (block.last > before.last) before.last = block.last;
  }
  return merged;
}

/** How many addresses the blocks hold together. */
function countAddresses(blocks) {
  return mergeRanges(blocks).reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
}

function contains(outer, inner) {
  return outer.version === inner.version && outer.first <= inner.first && inner.last <= outer.last;
}

function overlap(a, b) {
  return a.version === b.version && a.first <= b.last && b.first <= a.last;
}

module.exports = { contains, countAddresses, mergeRanges, overlap, parseBlock };
