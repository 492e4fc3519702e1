// The sample estate in pieces, one for each region and one for what has none: small, but split as a real one is.
import type { Clock } from "../../src/clock.js";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import type { ShardSource, ShardTarget } from "../../src/scanning/shard-source.js";
import { account, regions } from "./estate.js";
import { scanSample } from "./index.js";

export function sampleShards(clock: Clock): ShardSource {
  return {
    plan: () => targets(),
    read: ({ region }) => inRegion(scanSample(clock), region),
    typesOf: () => [],
    close: () => undefined,
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- plans are asynchronous; this one has nothing to wait for
async function* targets(): AsyncGenerator<ShardTarget> {
  for (const region of [null, ...regions]) yield target(region);
}

function target(region: string | null): ShardTarget {
  return { kind: "shard", provider: "sample", account, region, service: "all", details: {} };
}

async function* inRegion(items: AsyncIterable<ScanItem>, region: string | null): AsyncGenerator<ScanItem> {
  for await (const item of items) if (item.kind === "resource" && item.resource.region === region) yield item;
}
