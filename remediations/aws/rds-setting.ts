// One property of a database or of a cluster, changed at once and not in the next maintenance window.
import type { ModifyDBClusterCommandInput, ModifyDBInstanceCommandInput } from "@aws-sdk/client-rds";
import { Unfixable } from "../../src/actions/remediation/remediation.js";
import { valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, type Json } from "../../src/json.js";
import { nameOf, setting, type AwsRemediation, type Setting } from "./aws-remediation.js";

type RdsFacts = Pick<Setting, "id" | "title" | "policies" | "types" | "undo" | "caution" | "pointer" | "wanted">;

type Change = Omit<ModifyDBInstanceCommandInput, "DBInstanceIdentifier"> &
  Omit<ModifyDBClusterCommandInput, "DBClusterIdentifier">;

export function rdsSetting(facts: RdsFacts & { readonly change: (value: Json) => Partial<Change> }): AwsRemediation {
  const isCluster = facts.types.includes("AWS::RDS::DBCluster");
  const isInstance = facts.types.includes("AWS::RDS::DBInstance");
  const { change, ...shown } = facts;
  return setting({
    ...shown,
    wanted: (current, resource) => {
      refusePending(resource);
      return facts.wanted(current, resource);
    },
    permissions: {
      read: [...(isCluster ? ["rds:DescribeDBClusters"] : []), ...(isInstance ? ["rds:DescribeDBInstances"] : [])],
      write: [...(isCluster ? ["rds:ModifyDBCluster"] : []), ...(isInstance ? ["rds:ModifyDBInstance"] : [])],
    },
    canRestore: (former) => former !== null,
    set: async (clients, place, value) => {
      const sdk = await import("@aws-sdk/client-rds");
      const rds = clients.of(sdk.RDSClient, place.region);
      const changed = { ...change(value), ApplyImmediately: true };
      if (place.type === "AWS::RDS::DBCluster")
        await rds.send(new sdk.ModifyDBClusterCommand({ DBClusterIdentifier: nameOf(place), ...changed }));
      else await rds.send(new sdk.ModifyDBInstanceCommand({ DBInstanceIdentifier: nameOf(place), ...changed }));
    },
  });
}

/** What is changed at once takes along all that waits for the maintenance window: a larger class, a new version. */
function refusePending(resource: Resource): void {
  const names = ["DescribeDBInstances", "DescribeDBClusters"].flatMap((answer) => {
    const pending = valueAt(resource as unknown as Json, `/raw/${answer}/PendingModifiedValues`);
    return isObject(pending) ? Object.keys(pending) : [];
  });
  if (names.length > 0)
    throw new Unfixable(`changes wait for its maintenance window (${names.join(", ")}): this would apply them at once`);
}
