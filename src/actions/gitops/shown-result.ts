// What became of a file of desired state, in the four states that Git servers know and a few words.
import type { CommitStatus } from "../../store/gitops.js";
import type { StoredAction } from "../actions.js";
import type { Decision } from "../decision.js";
import { printable } from "../../printable.js";

export interface Shown {
  readonly state: CommitStatus["state"];
  readonly text: string;
}

export function shownDecision({ answer, reasons }: Decision): Shown {
  const state = ({ allow: "success", deny: "failure", "needs-approval": "pending" } as const)[answer];
  return { state, text: [answer, ...reasons].join(": ") };
}

export function shownResult({ state, message, decision }: StoredAction): Shown {
  const why = message ?? decision.reasons.join("; ");
  switch (state) {
    case "succeeded":
      return { state: "success", text: "applied and verified" };
    case "ready":
    case "running":
    case "rolling-back":
      return { state: "pending", text: state };
    case "needs-approval":
      return {
        state: "pending",
        text: `needs approval: ${decision.approval?.roles.join(", ") ?? "nobody can give it"}`,
      };
    case "denied":
    case "rejected":
      return { state: "failure", text: `${state}: ${why}` };
    default:
      return { state: "error", text: `${state}: ${why}` };
  }
}

/** How results of a path are told apart beside a commit. */
export function contextOf(path: string): string {
  return `portcullis/${printable(path)}`.slice(0, 200);
}
