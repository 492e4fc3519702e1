// The port to Security Hub: what the delivery needs of it, and nothing of the SDK.
import type { AsffFinding, Hub, WorkflowStatus } from "./asff.js";

/** A finding that was not taken. */
export interface Refusal {
  readonly id: string;
  readonly code: string;
  readonly message: string;
  /** Whether the same finding may be taken at another time. */
  readonly retry: boolean;
}

/**
 * `answered`: every finding that is not among `refused` was acknowledged. `refused`: nothing is known to have been taken;
 * `because` says whether the findings themselves are at fault, or whether nothing can be sent to this hub now.
 */
export type HubAnswer =
  | { readonly kind: "answered"; readonly refused: readonly Refusal[] }
  | {
      readonly kind: "refused";
      readonly because: "findings" | "hub";
      readonly code: string;
      readonly message: string;
    };

export interface WorkflowChange {
  readonly status: WorkflowStatus;
  readonly findings: readonly AsffFinding[];
}

/** Called by the delivery, one call at a time. Retries what the transport can retry; throws nothing but defects. */
export interface HubClient {
  /** At most 100 findings and 6 MB. */
  importFindings(hub: Hub, findings: readonly AsffFinding[]): Promise<HubAnswer>;
  /** At most 100 findings. An import cannot change the state of a finding that is there already. */
  setWorkflow(hub: Hub, change: WorkflowChange): Promise<HubAnswer>;
  close(): void;
}
