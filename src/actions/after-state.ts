// The world as it is and as it would be after a plan: what is known of the accounts, with the plan's resources put over it.
import type { ScannedResource, ScanProblem } from "../inventory/scan-item.js";
import type { Change, PlannedResource } from "./action.js";
import { changedPaths, isSame } from "./changed-paths.js";
import type { Json } from "../json.js";

export interface World {
  readonly changed: readonly ScannedResource[];
  readonly others: readonly ScannedResource[];
  readonly problems: readonly ScanProblem[];
}

export interface KnownInventory {
  readonly resources: readonly ScannedResource[];
  /** What could not be looked at. */
  readonly problems: readonly ScanProblem[];
}

export function worlds(changes: readonly Change[], known: KnownInventory): { before: World; after: World } {
  const ids = new Set(
    changes.flatMap(({ before, after }) => [before, after]).map((planned) => planned?.resource.id ?? ""),
  );
  const others = known.resources.filter(({ resource }) => !ids.has(resource.id));
  const side = (place: "before" | "after"): World => ({
    changed: changes.flatMap((change) => itemsOf(change[place])),
    ...{ others, problems: known.problems },
  });
  return { before: side("before"), after: side("after") };
}

function itemsOf(planned: PlannedResource | null): ScannedResource[] {
  if (planned === null) return [];
  const { resource, references, failures } = planned;
  return [{ kind: "resource", resource, locate: () => null, references, failures }];
}

/** Whether a policy that looks at other resources could see the change: `reads` says so of a pointer. */
export function isSeenByOthers(changes: readonly Change[], reads: (pointer: string) => boolean): boolean {
  return changes.some(({ before, after }) => {
    if (before === null || after === null) return true;
    const facts = ({ references, failures, resource: { unknown } }: PlannedResource): Json =>
      ({ references, failures, unknown }) as unknown as Json;
    return !isSame(facts(before), facts(after)) || changedPaths(before.resource, after.resource).some(reads);
  });
}
