// A resource as plans, the journal and the gate may have it: without the provider's raw answers and what can hold secrets.
import type { ScannedResource } from "../../inventory/scan-item.js";
import type { JsonObject } from "../../json.js";
import type { PlannedResource } from "../action.js";

const why = "it may hold secrets, so plans do not carry it";

/** What is left out is noted as not read: a policy that looks at it gives an error, and no pass. */
export function keptResource({
  resource,
  references,
  failures,
}: Omit<ScannedResource, "kind" | "locate">): PlannedResource {
  const { UserData, ...config } = resource.config as JsonObject & { readonly UserData?: string };
  const left = ["/raw", ...(UserData === undefined ? [] : ["/config/UserData"])];
  return {
    resource: { ...resource, raw: null, config },
    references,
    failures: [...failures, ...left.map((pointer) => ({ pointer, message: why }))],
  };
}
