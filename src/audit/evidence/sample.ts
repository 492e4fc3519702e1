// Which items of a population an auditor looks at closely. Anyone who has the seed finds the same ones, with nothing but
// SHA-256; who exports cannot choose them.
import { createHash } from "node:crypto";

export interface Sampler {
  /** A line of the population, without its line feed. */
  add(line: string): void;
  /** The lines that are taken, by rank. */
  lines(): readonly string[];
}

/** Takes the `size` lines whose SHA-256 over seed, line feed and line is lowest. */
export function createSampler(seed: string, size: number): Sampler {
  let taken: { readonly rank: string; readonly line: string }[] = [];
  let worst = "";
  const cut = (): void => {
    taken.sort((a, b) => (a.rank < b.rank ? -1 : 1));
    taken = taken.slice(0, size);
    worst = taken.length < size ? "" : (taken.at(-1)?.rank ?? "");
  };
  return {
    add(line) {
      const rank = sha256Of(`${seed}\n${line}`);
      if (worst !== "" && rank > worst) return;
      taken.push({ rank, line });
      if (taken.length >= 2 * size) cut();
    },
    lines() {
      cut();
      return taken.map(({ line }) => line);
    },
  };
}

export function sha256Of(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
