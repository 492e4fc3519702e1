// The statements of a function's policy that let in everybody; all others stay.
import { permissions } from "../../scanners/aws/services/lambda-permissions.js";
import { Unfixable } from "../../src/actions/remediation/remediation.js";
import { canonicalJson } from "../../src/audit/canonical-json.js";
import type { Verdict } from "../../src/engine/verdict.js";
import { valueAt } from "../../src/inventory/pointer.js";
import type { Resource } from "../../src/inventory/resource.js";
import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import type { Clients } from "../../scanners/aws/clients.js";
import { inOneOrder, textOf, withValue, type AwsPlace, type AwsRemediation } from "./aws-remediation.js";
import { functionReads } from "./lambda-reads.js";

const answer = "/raw/GetPolicy/Policy";

function statementsOf(resource: Resource): JsonObject[] {
  const text = valueAt(resource as unknown as Json, answer);
  if (typeof text !== "string") return [];
  const document: unknown = JSON.parse(text);
  const statements = isObject(document) ? own(document, "Statement") : undefined;
  return (Array.isArray(statements) ? (statements as readonly Json[]) : [statements ?? null]).filter(isObject);
}

/** Those whose permissions the reasons point to: a statement can stand for several permissions. */
function named(resource: Resource, failed: readonly Verdict[]): JsonObject[] {
  const paths = new Set(failed.flatMap(({ reasons }) => reasons.map(({ path }) => path)));
  let at = 0;
  return statementsOf(resource).filter((statement) => {
    const positions = permissions({ Statement: [statement] }).map(() => `/config/Permissions/${at++}`);
    return positions.some((position) => paths.has(position));
  });
}

/** Only what AddPermission can say again: one action for everybody, without conditions. */
function checkRestorable(statement: JsonObject): void {
  const { Sid, Effect, Principal, Action, Condition } = statement;
  const isEverybody = Principal === "*" || (isObject(Principal) && canonicalJson(Principal) === '{"AWS":"*"}');
  if (
    typeof Sid === "string" &&
    Effect === "Allow" &&
    isEverybody &&
    typeof Action === "string" &&
    Condition === undefined
  )
    return;
  throw new Unfixable("a statement of the function's policy could not be brought back as it is: change it by hand");
}

export const lambdaNoPublicPermission: AwsRemediation = {
  id: "aws-lambda-no-public-permission",
  title: "Take the permissions of everybody off the function",
  policies: ["aws-lambda-no-public-permission"],
  types: ["AWS::Lambda::Function"],
  permissions: { read: functionReads, write: ["lambda:AddPermission", "lambda:RemovePermission"] },
  touches: ["/config/Permissions"],
  undo: "Adds the same statements again. One with conditions could not be: it is left for a person.",
  caution: "Whoever calls the function without a permission of their own cannot any more.",
  plan(before, failed) {
    const public_ = named(before, failed);
    if (public_.length === 0) return null;
    public_.forEach(checkRestorable);
    const gone = new Set(public_.map(canonicalJson));
    const kept = statementsOf(before).filter((statement) => !gone.has(canonicalJson(statement)));
    const after = withValue(before, "/config/Permissions", permissions({ Statement: kept }));
    const text = JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: kept });
    return {
      after: withValue(after, answer, text),
      value: { remove: true, statements: public_ },
      former: { remove: false, statements: public_ },
    };
  },
  property: (resource, { statements }) => {
    const wanted = new Set(((statements ?? []) as readonly Json[]).map(canonicalJson));
    return inOneOrder(statementsOf(resource).filter((statement) => wanted.has(canonicalJson(statement))));
  },
  // Removed and added by one call each: some of them are there.
  isBetween: (now, was) => {
    const all = new Set(listOf(was).map(canonicalJson));
    return listOf(now).every((statement) => all.has(canonicalJson(statement)));
  },
  write,
};

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

async function write(clients: Clients, place: AwsPlace, { remove, statements }: JsonObject): Promise<void> {
  const sdk = await import("@aws-sdk/client-lambda");
  const lambda = clients.of(sdk.LambdaClient, place.region);
  for (const statement of (statements ?? []) as readonly JsonObject[]) {
    const one = { FunctionName: place.id, StatementId: textOf(statement["Sid"], "the Sid of the statement") };
    const Action = textOf(statement["Action"], "the action of the statement");
    await (remove === true
      ? unless(/^ResourceNotFound/, () => lambda.send(new sdk.RemovePermissionCommand(one)))
      : unless(/^ResourceConflict/, () =>
          lambda.send(new sdk.AddPermissionCommand({ ...one, Action, Principal: "*" })),
        ));
  }
}

async function unless(name: RegExp, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof Error) || !name.test(error.name)) throw error;
  }
}
