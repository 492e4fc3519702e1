// Bounds on what is under way at once. Nothing here knows of AWS.

const longestStretchMs = 50;

/** Lets timers and connections have their turn in work that waits for nothing: a lease is renewed meanwhile. */
export class Breather {
  #last = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#last < longestStretchMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#last = performance.now();
  }
}

/** At most `limit` pieces of work at a time; the others wait their turn, first come first served. */
export class Limiter {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place goes to the next in line directly, so that no newcomer can take it in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * The results of `work` on each item, in order, with at most `width` under way. When the source fails, what was begun is still
 * yielded before the failure is thrown: a listing that breaks on its third page keeps the first two.
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  try {
    for (;;) {
      let next: IteratorResult<T>;
      try {
        next = await items.next();
      } catch (error) {
        failure = { error };
        break;
      }
      if (next.done === true) break;
      const result = work(next.value);
      // Awaited below; marked as handled here, because another may fail first.
      result.catch(() => undefined);
      underWay.push(result);
      if (underWay.length >= width) yield await (underWay.shift() as Promise<R>);
    }
    while (underWay.length > 0) yield await (underWay.shift() as Promise<R>);
    if (failure !== undefined) throw failure.error;
  } finally {
    await Promise.allSettled(underWay);
    await items.return?.();
  }
}

/** The items of several sources as they come, at most `width` sources open at once, and one item of each waiting at most. */
export async function* merge<T>(sources: readonly (() => AsyncIterable<T>)[], width: number): AsyncGenerator<T> {
  const pending = [...sources];
  const open = new Map<AsyncIterator<T>, Promise<{ iterator: AsyncIterator<T>; result: IteratorResult<T> }>>();
  const advance = (iterator: AsyncIterator<T>): void => {
    const next = iterator.next().then((result) => ({ iterator, result }));
    next.catch(() => undefined);
    open.set(iterator, next);
  };
  const start = (): void => {
    const source = pending.shift();
    if (source !== undefined) advance(source()[Symbol.asyncIterator]());
  };
  try {
    for (let started = 0; started < width; started++) start();
    while (open.size > 0) {
      const { iterator, result } = await Promise.race(open.values());
      open.delete(iterator);
      if (result.done === true) {
        start();
      } else {
        // Re-entered at the end of the map: a busy source does not starve the others.
        yield result.value;
        advance(iterator);
      }
    }
  } finally {
    await Promise.allSettled([...open.keys()].map(async (iterator) => iterator.return?.()));
  }
}
