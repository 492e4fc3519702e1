import { isObject, own, type Json, type JsonObject } from "../../../src/json.js";
import { present } from "../plain.js";

/** A function's resource policy as CloudFormation's permissions: one for each principal and action that is allowed. */
export function permissions(document: JsonObject): JsonObject[] {
  return listed(own(document, "Statement")).flatMap((statement) =>
    isObject(statement) && own(statement, "Effect") !== "Deny" ? statementPermissions(statement) : [],
  );
}

function statementPermissions(statement: JsonObject): JsonObject[] {
  const conditions = conditionsOf(own(statement, "Condition"));
  return principalsOf(statement).flatMap((Principal) =>
    listed(own(statement, "Action") ?? "*").map((Action) => present({ Principal, Action, ...conditions })),
  );
}

/** All but some is nearly everyone: `NotPrincipal` counts as everyone. */
function principalsOf(statement: JsonObject): readonly Json[] {
  const principal = own(statement, "Principal") ?? "*";
  return isObject(principal) ? Object.values(principal).flatMap(listed) : listed(principal);
}

function listed(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

const known: ReadonlyMap<string, string> = new Map([
  ["aws:sourcearn", "SourceArn"],
  ["aws:sourceaccount", "SourceAccount"],
  ["aws:principalorgid", "PrincipalOrgID"],
  ["lambda:eventsourcetoken", "EventSourceToken"],
  ["lambda:functionurlauthtype", "FunctionUrlAuthType"],
]);
const narrowing = /^(ForAnyValue:)?(Arn|String)(Equals|Like)$/i;

/** Only conditions that narrow: `StringNotEquals` and `...IfExists` let others through, and are not a restriction. */
function conditionsOf(condition: Json | undefined): JsonObject {
  const found: { [name: string]: Json } = {};
  for (const [operator, keys] of isObject(condition) ? Object.entries(condition) : []) {
    if (!narrowing.test(operator) || !isObject(keys)) continue;
    for (const [key, value] of Object.entries(keys)) {
      const name = known.get(key.toLowerCase());
      // "Any source" narrows nothing.
      if (name === undefined || listed(value).includes("*")) continue;
      found[name] = name === "EventSourceToken" ? "<redacted>" : value;
    }
  }
  return found;
}
