/** Does so much at once, and what has the same key one after the other. Its length is bounded by who adds to it. */
export class KeyedWork {
  readonly #atOnce: number;
  /** The last of each key. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** `work` never throws. */
  add(key: string | null, work: () => Promise<void>): void {
    const before = key === null ? undefined : this.#last.get(key);
    const done = (before ?? Promise.resolve()).then(() => this.#run(work));
    this.#underWay.add(done);
    if (key !== null) this.#last.set(key, done);
    void done.then(() => {
      this.#underWay.delete(done);
      if (key !== null && this.#last.get(key) === done) this.#last.delete(key);
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async #run(work: () => Promise<void>): Promise<void> {
    if (this.#busy >= this.#atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy++;
    try {
      await work();
    } finally {
      // Whoever waits takes the place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }
}
