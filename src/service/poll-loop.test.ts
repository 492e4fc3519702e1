import { expect, test, vi } from "vitest";
import { PollLoop } from "./poll-loop.js";

test("what a look throws is told, the next look comes all the same, and the end comes after the last", async () => {
  const seen: string[] = [];
  const loop = new PollLoop({
    pollMs: 60_000,
    look: () => {
      seen.push("look");
      return seen.length === 1 ? Promise.reject(new Error("away")) : Promise.resolve();
    },
    failed: (error) => `it is ${(error as Error).message}`,
    ended: () => Promise.resolve(seen.push("ended")),
  });
  expect(await loop.trouble()).toBe("not started");
  await loop.start();
  await vi.waitFor(async () => {
    expect(await loop.trouble()).toBe("it is away");
  });
  loop.wake();
  await vi.waitFor(async () => {
    expect(await loop.trouble()).toBeNull();
  });
  await loop.stop(10_000);
  await loop.stop(10_000);
  expect([seen, loop.isStopping]).toEqual([["look", "look", "ended"], true]);
});

test("a look that does not end is not waited for longer than the grace time, nor are others", async () => {
  const never = new Promise<void>(() => undefined);
  const loop = new PollLoop({ pollMs: 1, look: () => never, failed: String });
  await loop.start();
  await loop.stop(5, never);
  expect(loop.isStopping).toBe(true);
});
