/** Collects rows and writes them in batches, bounded in number and in text, so that a scan of any size takes little memory. */
export class Batch<T> {
  static readonly maximumRows = 1_000;
  static readonly maximumText = 8 * 1024 * 1024;
  readonly #write: (rows: readonly T[]) => Promise<void>;
  readonly #sizeOf: (row: T) => number;
  #rows: T[] = [];
  #text = 0;
  total = 0;

  /** `sizeOf`: about how much text a row is. */
  constructor(write: (rows: readonly T[]) => Promise<void>, sizeOf: (row: T) => number) {
    this.#write = write;
    this.#sizeOf = sizeOf;
  }

  async add(row: T): Promise<void> {
    this.total++;
    this.#rows.push(row);
    this.#text += this.#sizeOf(row);
    if (this.#rows.length >= Batch.maximumRows || this.#text >= Batch.maximumText) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    this.#text = 0;
    await this.#write(rows);
  }
}
