// What is open, told to Alertmanager again before it forgets it.
import type { Store } from "../store/store.js";
import type { Destination } from "./alert-settings.js";
import { deliverFindings, type Delivering, type Outcome } from "./deliver.js";
import { wants } from "./plan.js";

const perPage = 200;

export async function resendOpen(
  destination: Destination,
  store: Pick<Store, "listFindings">,
  delivering: Delivering,
): Promise<Outcome> {
  let after: string | null = null;
  do {
    const page = await store.listFindings({
      ...{ status: "open", limit: perPage, ...(after === null ? {} : { after }) },
      ...(destination.severity === undefined ? {} : { severity: destination.severity }),
    });
    const wanted = page.findings.filter((finding) => wants(destination, finding));
    const outcome = await deliverFindings(destination, wanted, delivering);
    if (outcome.kind !== "sent") return outcome;
    after = page.next;
  } while (after !== null);
  return { kind: "sent" };
}
