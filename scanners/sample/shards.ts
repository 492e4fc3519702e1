// The sample estate in pieces, one for each region and one for what has none: small, but split as a real one is.
import type { Clock } from "../../src/clock.js";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import type { ShardSource, ShardTarget } from "../../src/scanning/shard-source.js";
import { account, regions } from "./estate.js";
import { scanSample } from "./index.js";

export function sampleShards(clock: Clock): ShardSource {
  return {
    async *plan() {
      for (const region of [null, ...regions]) yield target(region);
    },
    read: ({ region }) => inRegion(scanSample(clock), region),
    typesOf: () => [],
    close: () => undefined,
  };
}

function target(region: string | null): ShardTarget {
  return { kind: "shard", provider: "sample", account, region, service: "all", details: {} };
}

async function* inRegion(items: AsyncIterable<ScanItem>, region: string | null): AsyncGenerator<ScanItem> {
  for await (const item of items) if (item.kind === "resource" && item.resource.region === region) yield item;
}
