// Puts the parts of drift together: who says what is wanted, what is live, and who changed it. Beside compose.ts, it is the only
// place that names their adapters.
import { awsTypes } from "../scanners/aws/index.js";
import { unreadByAws } from "../scanners/aws/unread.js";
import { readDesired } from "../scanners/desired/index.js";
import { scanProvider, type ScanOptions, type ScanProvider } from "./compose.js";
import type { ChangeHistory } from "./inventory/drift/change-history.js";
import type { DesiredResource } from "./inventory/drift/drift.js";
import { estateDrift, type EstateDrift, type LookedAt } from "./inventory/drift/estate-drift.js";
import type { ScanItem, ScanProblem } from "./inventory/scan-item.js";
import { own } from "./json.js";
import type { DriftStore } from "./store/drift.js";
import { snapshotResources } from "./store/snapshot-desired.js";

export interface DriftRequest {
  /** Files, folders, and `snapshot:NAME`. */
  readonly desired: readonly string[];
  readonly maxBytes: number;
  readonly provider: ScanProvider;
  readonly options: ScanOptions;
  readonly managedOnly: boolean;
  /** Opened only where a snapshot is named. */
  readonly store: () => Promise<DriftStore>;
}

export interface DriftOutcome {
  readonly drift: EstateDrift;
  readonly problems: readonly ScanProblem[];
}

/** Where what is wanted cannot be read in full nothing is compared: the rest would look as if nobody wanted it. */
export async function findDrift(request: DriftRequest): Promise<DriftOutcome> {
  const { resources, problems } = await readAll(request);
  if (problems.length > 0) return { drift: nothingCompared, problems };
  const lookedAt = await lookedAtOf(request);
  const live = scanProvider([request.provider], request.options);
  const { problems: unseen, ...drift } = await estateDrift({
    ...{ desired: resources, live, lookedAt, managedOnly: request.managedOnly },
  });
  return { drift, problems: unseen };
}

async function readAll({ desired, maxBytes, store }: DriftRequest) {
  const names = desired.flatMap((one) => (one.startsWith("snapshot:") ? [one.slice("snapshot:".length)] : []));
  const paths = desired.filter((one) => !one.startsWith("snapshot:"));
  const read = await readDesired(paths, { maxBytes, unread: (type) => own(unreadByAws, type) ?? [] });
  const resources: DesiredResource[] = [...read.resources];
  for (const name of names) resources.push(...(await snapshotResources(await store(), name)));
  return { resources, problems: read.problems };
}

async function lookedAtOf({ provider, options }: DriftRequest): Promise<LookedAt> {
  const readable = new Set(awsTypes());
  if (provider === "sample") {
    const types = new Set<string>();
    for await (const item of scanProvider(["sample"], options)) if (isResource(item)) types.add(item.resource.type);
    return { provider: "aws", readable: types, types, places: null };
  }
  const { awsPlaces, typesOfServices } = await import("../scanners/aws/places.js");
  return {
    ...{ provider: "aws", readable, types: new Set(typesOfServices(options.services)) },
    places: await awsPlaces(options),
  };
}

function isResource(item: ScanItem): item is ScanItem & { readonly kind: "resource" } {
  return item.kind === "resource";
}

/** Who changed it; closes what it opened. */
export async function withHistory<T>(
  request: Pick<DriftRequest, "provider" | "options">,
  work: (history: ChangeHistory) => Promise<T>,
): Promise<T> {
  if (request.provider !== "aws")
    return work({ lastChange: () => Promise.resolve({ reason: "there is no record of changes" }) });
  const { awsChangeHistory } = await import("../scanners/aws/change-history.js");
  const history = await awsChangeHistory(request.options);
  try {
    return await work(history);
  } finally {
    history.close();
  }
}

const counts = {
  desired: 0,
  live: 0,
  same: 0,
  withheld: 0,
  changed: 0,
  missing: 0,
  unmanaged: 0,
  unknown: 0,
  defaults: 0,
  outside: 0,
};
const nothingCompared: EstateDrift = { changed: [], missing: [], unmanaged: [], unknown: [], withheld: [], counts };
