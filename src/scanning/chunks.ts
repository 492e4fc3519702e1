// Staged items as compressed text, in pieces of about a mebibyte. What every verdict of a policy says alike is said once a piece.
import { gunzipSync, gzipSync } from "node:zlib";
import type { Verdict, VerdictResource } from "../engine/verdict.js";
import type { ScanProblem } from "../inventory/scan-item.js";
import type { ShardCounts } from "./shards.js";
import type { StagedItem, StagedResource } from "./staged-item.js";

type Common = Pick<Verdict, "policy" | "title" | "severity" | "controls" | "remediation">;
type Own = Omit<Verdict, keyof Common | "verdict" | "fingerprint" | "resource">;
/** The place of what is common, the verdict, its fingerprint, and the rest where there is something. */
type Row = readonly [number, Verdict["verdict"], string, Own?];
interface Line extends Omit<StagedResource, "verdicts"> {
  readonly rows: readonly Row[];
}

const textSize = 1024 * 1024;

/** Takes staged items and gives pieces to whoever keeps them. */
export class ChunkWriter {
  readonly #keep: (seq: number, body: Uint8Array) => Promise<void>;
  #lines: string[] = [];
  #size = 0;
  #common = new Map<string, { readonly at: number; readonly common: Common }>();
  readonly #counts = { resources: 0, verdicts: 0, chunks: 0 };

  constructor(keep: (seq: number, body: Uint8Array) => Promise<void>) {
    this.#keep = keep;
  }

  get counts(): ShardCounts {
    return { ...this.#counts };
  }

  async add(item: StagedItem): Promise<void> {
    const line = JSON.stringify(item.kind === "problem" ? item : this.#line(item));
    this.#lines.push(line);
    this.#size += line.length;
    if (this.#size >= textSize) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    const commons = [...this.#common.values()].map(({ common }) => common);
    const body = gzipSync([JSON.stringify(commons), ...this.#lines].join("\n"), { level: 3 });
    this.#lines = [];
    this.#size = 0;
    this.#common = new Map();
    await this.#keep(this.#counts.chunks++, body);
  }

  #line({ verdicts, ...item }: StagedResource): Line {
    this.#counts.resources++;
    this.#counts.verdicts += verdicts.length + item.packVerdicts.length;
    return { ...item, rows: verdicts.map((verdict) => this.#row(verdict)) };
  }

  #row(given: Verdict): Row {
    const { policy, title, severity, controls, remediation, verdict, fingerprint, resource: _, ...own } = given;
    const key = [policy, severity, title].join("\n"); // two sets of policies may have one id
    let known = this.#common.get(key);
    if (known === undefined) {
      known = { at: this.#common.size, common: { policy, title, severity, controls, remediation } };
      this.#common.set(key, known);
    }
    const { reasons, unknown, explanation, ...others } = own;
    const isPlain =
      reasons.length === 0 && unknown.length === 0 && explanation === null && Object.keys(others).length === 0;
    return isPlain ? [known.at, verdict, fingerprint] : [known.at, verdict, fingerprint, own];
  }
}

/** A chunk is one resource more than its size, and no resource is that large. */
const largestChunk = 512 * 1024 * 1024;

export function itemsOfChunk(body: Uint8Array): StagedItem[] {
  const [first = "[]", ...lines] = gunzipSync(body, { maxOutputLength: largestChunk }).toString("utf8").split("\n");
  const commons = JSON.parse(first) as Common[];
  return lines.map((line) => itemOf(JSON.parse(line) as Line | ScanProblem, commons));
}

function itemOf(line: Line | ScanProblem, commons: readonly Common[]): StagedItem {
  if (line.kind === "problem") return line;
  const { rows, ...item } = line;
  const { id, provider, type, name, account, region } = item.resource;
  const resource = { id, provider, type, name, account, region };
  return { ...item, verdicts: rows.map((row) => verdictOf(row, commons, resource)) };
}

const plain: Own = { reasons: [], unknown: [], explanation: null };

function verdictOf(
  [at, verdict, fingerprint, own = plain]: Row,
  commons: readonly Common[],
  resource: VerdictResource,
): Verdict {
  const common = commons[at];
  if (common === undefined) throw new Error("a staged verdict of no policy");
  return { ...common, verdict, fingerprint, resource, ...own };
}
