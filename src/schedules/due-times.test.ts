import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PortcullisError } from "../errors.js";
import { createDueTimes } from "./due-times.js";

const between = (cron: string, zone: string, from: string, to: string): string[] =>
  [...createDueTimes(cron, zone, "schedule s").between(new Date(from), new Date(to))].map((due) =>
    due.toISOString().replace(":00.000Z", "Z"),
  );

describe("due times", () => {
  // cron, zone, after, until, due times
  test.each<[string, string, string, string, string[]]>([
    ["0 2 * * *", "UTC", "2026-01-01T02:00:00Z", "2026-01-03T02:00:00Z", ["2026-01-02T02:00Z", "2026-01-03T02:00Z"]],
    ["@daily", "Asia/Kolkata", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", ["2026-01-01T18:30Z"]],
    [
      "*/30 9 * * mon#2",
      "Europe/Berlin",
      "2026-06-01T00:00:00Z",
      "2026-07-01T00:00:00Z",
      ["2026-06-08T07:00Z", "2026-06-08T07:30Z"],
    ],
    ["0 0 L * *", "UTC", "2028-02-01T00:00:00Z", "2028-03-02T00:00:00Z", ["2028-02-29T00:00Z"]],
    ["20,40 0 0 1 1 *", "UTC", "2026-01-01T00:00:20Z", "2026-12-01T00:00:00Z", ["2026-01-01T00:00:40.000Z"]],
    // An hour that is left out: what is due once in it is due when it is over, what is due every hour goes on.
    [
      "30 2 * * *",
      "America/New_York",
      "2026-03-07T12:00:00Z",
      "2026-03-09T12:00:00Z",
      ["2026-03-08T07:00Z", "2026-03-09T06:30Z"],
    ],
    ["0 2,3 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T12:00:00Z", ["2026-03-08T07:00Z"]],
    [
      "30 * * * *",
      "America/New_York",
      "2026-03-08T06:00:00Z",
      "2026-03-08T08:00:00Z",
      ["2026-03-08T06:30Z", "2026-03-08T07:30Z"],
    ],
    ["15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T12:00:00Z", ["2026-10-03T15:30Z"]],
    // An hour that comes twice: what is due once in it is due the first time.
    [
      "30 1 * * *",
      "America/New_York",
      "2026-11-01T00:00:00Z",
      "2026-11-02T12:00:00Z",
      ["2026-11-01T05:30Z", "2026-11-02T06:30Z"],
    ],
    [
      "30 * * * *",
      "America/New_York",
      "2026-11-01T05:00:00Z",
      "2026-11-01T07:00:00Z",
      ["2026-11-01T05:30Z", "2026-11-01T06:30Z"],
    ],
    ["45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-05T12:00:00Z", ["2026-04-04T14:45Z"]],
  ])("%s in %s after %s until %s", (cron, zone, from, to, expected) => {
    expect(between(cron, zone, from, to)).toEqual(expected);
  });

  test("the next one may be years away", () => {
    const next = createDueTimes("0 0 29 2 *", "Europe/Berlin", "s").next(new Date("2026-01-01T00:00:00Z"));
    expect(next?.toISOString()).toBe("2028-02-28T23:00:00.000Z");
  });

  test("nothing is due in two ways: next is the first of between, and each is in the future", () => {
    const part = (least: number, most: number) =>
      fc.oneof(fc.constant("*"), fc.integer({ min: least, max: most }).map(String));
    const cron = fc
      .tuple(part(0, 59), part(0, 23), part(1, 28), fc.constant("*"), part(0, 6))
      .map((parts) => parts.join(" "));
    const zone = fc.constantFrom("UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu");
    const time = fc.date({ min: new Date("2026-01-01"), max: new Date("2027-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(cron, zone, time, (expression, timeZone, from) => {
        const times = createDueTimes(expression, timeZone, "s");
        const next = times.next(from)!;
        const [first] = times.between(from, next);
        expect(next.getTime()).toBeGreaterThan(from.getTime());
        expect(first).toEqual(next);
        expect([...times.between(from, new Date(next.getTime() - 1))]).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

test.each([
  ["60 * * * *", "UTC", /60 is a invalid expression for minute/],
  ["1-99999999999 * * * *", "UTC", /more than two digits/],
  ["0 0 30 2 *", "UTC", /impossible day/],
  ["", "UTC", /expected five fields/],
  ["\u0000 * * * *", "UTC", /expected five fields/],
  ["* * *", "UTC", /expected 5 or 6 fields but got 3/],
  ["0 2 * * *", "Mars/Base", /schedule s: timeZone is "Mars\/Base": expected one of the IANA/],
  ["0 2 * * *", "", /timeZone/],
])("refused: %j in %j", (cron, zone, message) => {
  const work = () => createDueTimes(cron, zone, "schedule s");
  expect(work).toThrow(PortcullisError);
  expect(work).toThrow(message);
});
