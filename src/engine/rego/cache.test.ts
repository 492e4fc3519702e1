import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cacheFolders, cacheKey, CompileCache, type CacheFolders } from "./cache.js";

let root: string;
let folders: CacheFolders;
const key = cacheKey(["one"]);
const other = cacheKey(["two"]);
const content = Buffer.from("what the compiler said");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "portcullis-cache-"));
  folders = { entries: join(root, "cache", "rego"), keyFile: join(root, "data", "cache-key") };
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const entry = (name = key): string => join(folders.entries, `${name}.bin`);

function filled(): CompileCache {
  const cache = new CompileCache(folders);
  cache.write(key, content);
  expect(cache.read(key)).toEqual(content);
  return cache;
}

test("an entry is found by another process, and is private", () => {
  filled();
  expect(new CompileCache(folders).read(key)).toEqual(content);
  expect(new CompileCache(folders).read(other)).toBeNull();
  expect([folders.entries, entry(), folders.keyFile].map((path) => lstatSync(path).mode & 0o777)).toEqual([
    0o700, 0o600, 0o600,
  ]);
  expect(readdirSync(folders.entries)).toEqual([`${key}.bin`]);
});

describe("what is not ours is not believed", () => {
  test.each<[string, () => void]>([
    [
      "a truncated entry",
      () => {
        truncateSync(entry(), 40);
      },
    ],
    [
      "an entry without content",
      () => {
        truncateSync(entry(), 5);
      },
    ],
    [
      "a flipped bit",
      () => {
        const bytes = readFileSync(entry());
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(entry(), bytes);
      },
    ],
    [
      "another entry's content",
      () => {
        new CompileCache(folders).write(other, Buffer.from("other"));
        copyFileSync(entry(other), entry());
      },
    ],
    [
      "a symbolic link, even to a true entry",
      () => {
        renameSync(entry(), join(root, "elsewhere"));
        symlinkSync(join(root, "elsewhere"), entry());
      },
    ],
    [
      "an entry that others can write",
      () => {
        chmodSync(entry(), 0o666);
      },
    ],
    [
      "a folder that others can enter",
      () => {
        chmodSync(folders.entries, 0o755);
      },
    ],
    [
      "a folder that is a symbolic link",
      () => {
        renameSync(folders.entries, join(root, "moved"));
        symlinkSync(join(root, "moved"), folders.entries);
      },
    ],
    [
      "a folder in place of the entry",
      () => {
        rmSync(entry());
        mkdirSync(entry());
      },
    ],
    [
      "another key",
      () => {
        writeFileSync(folders.keyFile, Buffer.alloc(32, 7));
      },
    ],
    [
      "a key that others can read",
      () => {
        chmodSync(folders.keyFile, 0o644);
      },
    ],
    [
      "a short key",
      () => {
        truncateSync(folders.keyFile, 3);
      },
    ],
  ])("%s", (_, tamper) => {
    filled();
    tamper();
    expect(new CompileCache(folders).read(key)).toBeNull();
  });
});

test("a tampered entry is replaced by the next write", () => {
  filled();
  truncateSync(entry(), 40);
  const cache = new CompileCache(folders);
  cache.write(key, content);
  expect(cache.read(key)).toEqual(content);
});

test("a folder that cannot be made or written is no fault", () => {
  mkdirSync(join(root, "cache"));
  writeFileSync(folders.entries, "a file where the folder should be");
  const cache = new CompileCache(folders);
  cache.write(key, content);
  expect(cache.read(key)).toBeNull();
});

test("the oldest entries are dropped past the bound", () => {
  const cache = new CompileCache(folders);
  const big = Buffer.alloc(100 * 1024 * 1024);
  for (const name of ["a", "b", "c"]) cache.write(cacheKey([name]), big);
  expect(readdirSync(folders.entries)).toHaveLength(2);
  expect(cache.read(cacheKey(["c"]))?.length).toBe(big.length);
});

test("parts do not run into one another", () => {
  expect(cacheKey(["ab", "c"])).not.toBe(cacheKey(["a", "bc"]));
});

test.each([
  [{ HOME: "/h" }, { entries: "/h/.cache/portcullis/rego", keyFile: "/h/.local/share/portcullis/cache-key" }],
  [
    { HOME: "/h", XDG_CACHE_HOME: "/c", XDG_DATA_HOME: "/d" },
    { entries: "/c/portcullis/rego", keyFile: "/d/portcullis/cache-key" },
  ],
  [
    { HOME: "/h", PORTCULLIS_CACHE_DIR: "/p" },
    { entries: "/p/rego", keyFile: "/h/.local/share/portcullis/cache-key" },
  ],
])("folders of %o", (environment, expected) => {
  expect(cacheFolders(environment)).toEqual(expected);
});
