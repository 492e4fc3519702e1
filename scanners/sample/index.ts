import type { Clock } from "../../src/clock.js";
import type { Resource } from "../../src/inventory/resource.js";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import type { JsonObject } from "../../src/json.js";
import { account, soundEstate, type Piece } from "./estate.js";
import { faults, type Fault } from "./faults.js";

/** The sample estate that ships with the project: a trading platform in three regions, with realistic faults. */
// eslint-disable-next-line @typescript-eslint/require-await -- scanners are asynchronous; this one has nothing to wait for
export async function* scanSample(clock: Clock): AsyncGenerator<ScanItem> {
  const capturedAt = clock.now().toISOString();
  for (const piece of soundEstate()) {
    const resource = resourceOf(
      piece,
      faults.filter((fault) => isAbout(fault, piece)),
      capturedAt,
    );
    yield { kind: "resource", resource, locate: () => null, references: [], failures: [] };
  }
}

export function isAbout(fault: Fault, piece: Piece): boolean {
  return fault.key === piece.key && fault.region === piece.region;
}

function resourceOf(piece: Piece, wrong: readonly Fault[], capturedAt: string): Resource {
  const config = wrong.reduce(applyFault, piece.config);
  const tags = Object.assign({}, piece.tags, ...wrong.map((fault) => fault.tags ?? {})) as Record<string, string>;
  return {
    id: piece.arn,
    provider: "aws",
    type: piece.type,
    name: piece.name,
    account,
    region: piece.region,
    tags,
    config,
    unknown: [],
    raw: config,
    source: { scanner: "sample", uri: "sample", line: null, column: null, capturedAt },
  };
}

function applyFault(config: JsonObject, fault: Fault): JsonObject {
  const kept = Object.entries(config).filter(([key]) => fault.without?.includes(key) !== true);
  return { ...Object.fromEntries(kept), ...fault.config };
}
