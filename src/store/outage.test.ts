import { afterEach, expect, test, vi } from "vitest";
import { PortcullisError } from "../errors.js";
import { outlasting } from "./outage.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const away = new PortcullisError("store-unavailable", "no connection", { cause: new Error("ECONNREFUSED") });
const day = 86_400_000;

test.each([
  ["forward", day],
  ["back", -day],
])("a clock that jumps %s by a day does not change how long the database is waited for", async (_, jump) => {
  const now = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(now);
  const notes: string[] = [];
  const work = vi.fn(() => {
    if (work.mock.calls.length > 2) return Promise.resolve("done");
    clock.mockReturnValue(now + jump);
    return Promise.reject(away);
  });
  const notify = (note: string): void => {
    notes.push(note);
  };
  await expect(outlasting(work, { longest: 60_000, notify })).resolves.toBe("done");
  expect(notes.at(-1)).toMatch(/^the database is back after \d{1,2}\.\d s;/);
});

test("who does not come back in time is given up, whatever the clock says", async () => {
  vi.spyOn(Date, "now").mockReturnValue(0);
  await expect(outlasting(() => Promise.reject(away), { longest: 300, notify: () => undefined })).rejects.toBe(away);
});
