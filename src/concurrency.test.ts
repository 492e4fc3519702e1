import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { inOrder, Limiter, merge } from "./concurrency.js";

async function collected<T>(source: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of source) items.push(item);
    return { items, error: null };
  } catch (error) {
    return { items, error };
  }
}

async function* upTo(count: number, failure?: Error): AsyncGenerator<number> {
  for (let next = 0; next < count; next++) {
    await sleep(1);
    yield next;
  }
  if (failure !== undefined) throw failure;
}

describe("inOrder", () => {
  test("keeps the order, and no more than the width under way", async () => {
    let underWay = 0;
    let most = 0;
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, ++underWay);
      await sleep(10 - item);
      underWay--;
      return item * 2;
    };
    expect(await collected(inOrder([0, 1, 2, 3, 4, 5], 3, work))).toEqual({ items: [0, 2, 4, 6, 8, 10], error: null });
    expect(most).toBe(3);
  });

  test("yields what was begun before it throws what the source threw", async () => {
    const failure = new Error("page 3");
    expect(await collected(inOrder(upTo(5, failure), 4, (item) => Promise.resolve(item)))).toEqual({
      items: [0, 1, 2, 3, 4],
      error: failure,
    });
  });

  test("throws what the work threw, and leaves nothing unhandled", async () => {
    const failure = new Error("work");
    const work = (item: number): Promise<number> => (item >= 1 ? Promise.reject(failure) : Promise.resolve(item));
    expect(await collected(inOrder(upTo(6), 3, work))).toEqual({ items: [0], error: failure });
  });

  test("closes its source when its reader stops", async () => {
    let isClosed = false;
    async function* source() {
      try {
        yield* upTo(100);
      } finally {
        isClosed = true;
      }
    }
    for await (const item of inOrder(source(), 2, (one) => Promise.resolve(one))) if (item === 1) break;
    expect(isClosed).toBe(true);
  });
});

describe("merge", () => {
  test("gives all items of all sources, and opens no more than the width", async () => {
    let open = 0;
    let most = 0;
    const source = (count: number) =>
      async function* () {
        most = Math.max(most, ++open);
        yield* upTo(count);
        open--;
      };
    const { items, error } = await collected(merge([source(3), source(0), source(2), source(4)], 2));
    expect([items.sort(), error, most]).toEqual([[0, 0, 0, 1, 1, 1, 2, 2, 3], null, 2]);
  });

  test("reads no further than its reader", async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        await sleep(0);
        yield ++read;
      }
    }
    for await (const item of merge([endless], 4)) if (item === 3) break;
    await sleep(10);
    expect(read).toBe(3);
  });
});

test("Limiter: first come, first served, and a failure frees its place", async () => {
  const limiter = new Limiter(1);
  const log: number[] = [];
  const work = (id: number) =>
    limiter.run(async () => {
      await sleep(2);
      log.push(id);
      if (id === 1) throw new Error("one");
    });
  const results = await Promise.allSettled([work(0), work(1), work(2)]);
  expect([log, results.map(({ status }) => status)]).toEqual([
    [0, 1, 2],
    ["fulfilled", "rejected", "fulfilled"],
  ]);
});
