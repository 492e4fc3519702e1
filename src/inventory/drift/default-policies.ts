// Policies that a service puts on what it makes, where nobody writes another one. They name the account; of another account they
// are no default but a way in.
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import { canonicalText } from "./canonical-text.js";
import { policyForm } from "./policy-document.js";

const topicActions = [
  ...["AddPermission", "DeleteTopic", "GetTopicAttributes", "ListSubscriptionsByTopic", "Publish"],
  ...["Receive", "RemovePermission", "SetTopicAttributes", "Subscribe"],
].map((action) => `sns:${action}`);

/** By type, then by place. */
const defaults: { readonly [type: string]: { readonly [place: string]: (account: string) => readonly JsonObject[] } } =
  {
    // https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    "AWS::KMS::Key": {
      KeyPolicy: (account) => [
        { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
      ],
    },
    // https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html
    "AWS::SNS::Topic": {
      "TopicPolicy/PolicyDocument": (account) =>
        [topicActions, topicActions.filter((action) => action !== "sns:Receive")].map((actions) => ({
          ...{ Effect: "Allow", Principal: { AWS: "*" }, Action: actions },
          Condition: { StringEquals: { "AWS:SourceOwner": account } },
        })),
    },
  };

/** `policy` in its normal form. */
export function isDefaultPolicy(
  policy: JsonObject,
  at: { type: string; place: string; account: string | null },
): boolean {
  const makers = own(own(defaults, at.type) ?? {}, at.place);
  const statements = own(policy, "Statement");
  if (makers === undefined || at.account === null || !Array.isArray(statements) || statements.length !== 1)
    return false;
  const text = statementText(statements[0] as Json);
  return makers(at.account).some((one) => formText(one) === text);
}

function formText(statement: JsonObject): string {
  const form = own(policyForm({ Statement: statement }), "Statement");
  return statementText(Array.isArray(form) ? ((form as readonly Json[])[0] ?? null) : null);
}

/** Without the resource, where it is everything or one topic. */
function statementText(statement: Json): string {
  if (!isObject(statement)) return "";
  const { Resource: resource = null, ...rest } = statement;
  const [first, second] = Array.isArray(resource) ? (resource as readonly Json[]) : [];
  const isItself = typeof first === "string" && second === undefined && /^(\*|arn:aws[\w-]*:sns:[^*]+)$/.test(first);
  return canonicalText(isItself || resource === null ? rest : statement);
}
