// Live remediations as a kind of action. The SDK and the policies are loaded when the first is planned.
import { parametersOf } from "../../config.js";
import type { Store } from "../../store/store.js";
import type { KindSet, KindSources } from "../kinds.js";
import { runLimits } from "../limits.js";
import { judgeShipped } from "./judge-policies.js";
import type { LiveCloud } from "./remediation.js";
import { remediationEvents } from "./remediation-events.js";
import { createRemediationKind } from "./remediation-kind.js";

export async function openRemediations({ store, config, clock, endpointUrl }: KindSources): Promise<KindSet> {
  const { liveRemediations, openCloud } = await import("../../../remediations/index.js");
  const roleName = config.actions?.remediate?.roleName ?? null;
  let opened: Promise<LiveCloud> | null = null;
  const kind = createRemediationKind({
    remediations: liveRemediations,
    cloud: () => (opened ??= openCloud({ endpointUrl, roleName, clock })),
    judge: judgeShipped(parametersOf(config)),
    canary: runLimits(config.actions).canary,
    countOf: (type, account, region) => countIn(store, { type, account, ...(region === null ? {} : { region }) }),
  });
  return {
    kinds: [kind],
    eventsOf: remediationEvents,
    close: async () => {
      const cloud = opened;
      opened = null;
      (await cloud)?.close();
    },
  };
}

const page = 1_000;
/** More than that is a large group, whatever the number. */
const most = 20_000;

/** Null where no scan has been there. */
async function countIn(
  store: Pick<Store, "resources">,
  query: { readonly type: string; readonly account: string; readonly region?: string },
): Promise<number | null> {
  let count = 0;
  for (let after: string | null | undefined; after !== null && count < most;) {
    const { resources, next } = await store.resources({ ...query, limit: page, ...(after ? { after } : {}) });
    count += resources.length;
    after = next;
  }
  return count === 0 ? null : count;
}
