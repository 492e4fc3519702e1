// An approved snapshot as what is wanted. One that nobody approved says nothing.
import { PortcullisError } from "../errors.js";
import type { DesiredResource } from "../inventory/drift/drift.js";
import { unknownSnapshot, type DriftStore, type SnapshotResource } from "./drift.js";

const pageSize = 1_000;

export async function snapshotResources(store: DriftStore, name: string): Promise<DesiredResource[]> {
  const snapshot = await store.get(name);
  if (snapshot === null) throw unknownSnapshot(name);
  if (snapshot.status !== "approved")
    throw new PortcullisError("usage", `snapshot ${name} is not approved: portcullis drift snapshot approve ${name}`);
  const all: DesiredResource[] = [];
  for (let after = ""; ;) {
    const page = await store.resources(name, { after, limit: pageSize });
    all.push(...page.map((one) => desiredOf(one, name)));
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return all;
    after = last.id;
  }
}

/** Secrets were taken out when it was scanned; what was too large to keep cannot be compared. */
function desiredOf(resource: SnapshotResource, snapshot: string): DesiredResource {
  const { id, provider, type, name, account, region, tags, config } = resource;
  return {
    ...{ address: id, id, provider, type, name, account, region, tags, config: config ?? {} },
    ...{ coverage: "all", unknown: config === null ? ["/config"] : [], secrets: [], redacted: true },
    ...{ against: "snapshot", source: `snapshot:${snapshot}` },
  };
}
