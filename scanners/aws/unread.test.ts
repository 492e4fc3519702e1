// Holds the list of what is not read against the scanner's source: what can be wanted and is not listed is named in it, and what
// is listed is not.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wholeCoverage } from "../desired/coverage.js";
import { own } from "../../src/json.js";
import { awsTypes } from "./index.js";
import { unreadByAws } from "./unread.js";

const folder = new URL("services/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));

const textOf = (name: string): string => readFileSync(new URL(name, folder), "utf8");

/** Of the files of the service that has the type, without comments, which name what is not read. */
function wordsOf(type: string): ReadonlySet<string> {
  const owners = files.filter((name) => textOf(name).includes(`"${type}"`)).map((name) => name.split(/[-.]/)[0] ?? "");
  const own = files.filter((name) => owners.some((owner) => name === `${owner}.ts` || name.startsWith(`${owner}-`)));
  const text = own.map((name) => textOf(name).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""));
  return new Set(text.join("\n").match(/\w+/g));
}

/** Named in the source for another type, or another purpose. */
const namedForOthers: { readonly [type: string]: readonly string[] } = {
  "AWS::EC2::Instance": ["SecurityGroups"],
  "AWS::IAM::Role": ["Description"],
  "AWS::KMS::Key": ["PendingWindowInDays"],
};

/** The answer is taken as it is, and names nothing. */
const takenWhole: ReadonlySet<string> = new Set(["AWS::IAM::AccountPasswordPolicy"]);

test.each(awsTypes().filter((type) => !takenWhole.has(type)))("%s", (type) => {
  const words = wordsOf(type);
  const coverage = wholeCoverage(type);
  const wanted = coverage === "all" ? [] : Object.keys(coverage).filter((name) => name !== "Tags");
  const unnamed = wanted.filter((name) => !words.has(name));
  const unread = unreadByAws[type] ?? [];
  expect([...unnamed, ...(own(namedForOthers, type) ?? [])].sort()).toEqual([...unread].sort());
});
