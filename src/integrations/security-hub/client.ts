// Security Hub through the SDK. An answer that does not add up acknowledges nothing.
import {
  BatchImportFindingsCommand,
  BatchUpdateFindingsCommand,
  type BatchUpdateFindingsUnprocessedFinding,
  type ImportFindingsError,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import { PortcullisError } from "../../errors.js";
import type { AsffFinding, Hub } from "./asff.js";
import type { HubAnswer, HubClient, Refusal, WorkflowChange } from "./hub-client.js";

/** How this process reaches AWS accounts. */
export interface HubAccess {
  /** Throws where the account cannot be reached. */
  clientOf(hub: Hub): Promise<SecurityHubClient>;
  /** What was refused, why, and what to do about it: safe to print. */
  explain(error: unknown, operation: string): string;
  nameOf(error: unknown): string;
  close(): void;
}

export function securityHubClient(access: HubAccess): HubClient {
  return {
    importFindings: (hub, findings) =>
      guarded(access, "securityhub:BatchImportFindings", () => send(access, hub, findings)),
    setWorkflow: (hub, change) => guarded(access, "securityhub:BatchUpdateFindings", () => update(access, hub, change)),
    close: () => {
      access.close();
    },
  };
}

async function guarded(access: HubAccess, operation: string, call: () => Promise<Refusal[]>): Promise<HubAnswer> {
  try {
    return { kind: "answered", refused: await call() };
  } catch (error) {
    if (error instanceof PortcullisError)
      return { kind: "refused", because: "hub", code: error.code, message: error.message };
    const code = access.nameOf(error);
    const because = code === "InvalidInputException" ? "findings" : "hub";
    return { kind: "refused", because, code, message: access.explain(error, operation) };
  }
}

async function send(access: HubAccess, hub: Hub, findings: readonly AsffFinding[]): Promise<Refusal[]> {
  const client = await access.clientOf(hub);
  const answer = await client.send(new BatchImportFindingsCommand({ Findings: [...findings] }));
  const refused = (answer.FailedFindings ?? []).map(refusalOf);
  const known = new Set(findings.map(({ Id }) => Id));
  const named = new Set(refused.map(({ id }) => id).filter((id) => known.has(id)));
  const adds = answer.SuccessCount === findings.length - named.size && answer.FailedCount === named.size;
  if (adds && named.size === refused.length) return refused;
  const said = `it says that it took ${answer.SuccessCount ?? "none"} of ${findings.length} and refused ${refused.length}`;
  return findings.map(({ Id }) => unacknowledged(Id, said));
}

/** What stays wrong however often it is sent. */
const permanent = /Invalid|AccessDenied|NotAuthorized|FindingTooLarge/i;

function refusalOf({ Id, ErrorCode, ErrorMessage }: ImportFindingsError): Refusal {
  const code = ErrorCode ?? "Unknown";
  return { id: Id ?? "", code, message: ErrorMessage ?? "no reason was given", retry: !permanent.test(code) };
}

async function update(access: HubAccess, hub: Hub, { status, findings }: WorkflowChange): Promise<Refusal[]> {
  const client = await access.clientOf(hub);
  const answer = await client.send(
    new BatchUpdateFindingsCommand({
      FindingIdentifiers: findings.map(({ Id, ProductArn }) => ({ Id, ProductArn })),
      Workflow: { Status: status },
    }),
  );
  const done = new Set((answer.ProcessedFindings ?? []).map(({ Id }) => Id));
  const failed = new Map((answer.UnprocessedFindings ?? []).map((one) => [one.FindingIdentifier?.Id, one]));
  return findings.flatMap(({ Id }) => {
    const refused = failed.get(Id);
    if (refused !== undefined) return [unprocessed(Id, refused)];
    return done.has(Id) ? [] : [unacknowledged(Id, "the answer does not name it")];
  });
}

function unprocessed(id: string, { ErrorCode, ErrorMessage }: BatchUpdateFindingsUnprocessedFinding): Refusal {
  const code = ErrorCode ?? "Unknown";
  // A finding that was imported a moment ago may not be found yet.
  return { id, code, message: ErrorMessage ?? "no reason was given", retry: !permanent.test(code) };
}

function unacknowledged(id: string, said: string): Refusal {
  return { id, code: "Unacknowledged", message: `Security Hub did not acknowledge it: ${said}`, retry: true };
}
