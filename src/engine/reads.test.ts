import { expect, test } from "vitest";
import { mayRead } from "./reads.js";

test.each([
  { reads: [["config", "Encrypted"]], pointer: "/config/Encrypted", expected: true },
  { reads: [["config", "Encrypted"]], pointer: "/config/KmsKeyId", expected: false },
  { reads: [["config", "Encrypted"]], pointer: "/config", expected: true },
  { reads: [["config", "A", "B"]], pointer: "/config/A/B/C/0", expected: true },
  { reads: [["config", "Rules", "*", "Port"]], pointer: "/config/Rules/3/Cidr", expected: false },
  { reads: [["config", "Rules", "*", "Port"]], pointer: "/config/Rules/3/Port", expected: true },
  { reads: [["config", "Rules", "*", "Port"]], pointer: "/config/Rules", expected: true },
  { reads: [["tags", "a/b"]], pointer: "/tags/a~1b", expected: true },
  { reads: [[]], pointer: "/config/X", expected: true },
  { reads: [["config"]], pointer: "", expected: true },
  { reads: [], pointer: "/config/X", expected: false },
])("$reads may read $pointer: $expected", ({ reads, pointer, expected }) => {
  expect(mayRead(reads, pointer)).toBe(expected);
});
