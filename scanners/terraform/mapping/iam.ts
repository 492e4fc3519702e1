import { child, textOf } from "./argument.js";
import { placeOf } from "./node.js";
import {
  any,
  blocks,
  bool,
  custom,
  json,
  number,
  object,
  only,
  text,
  type Satellite,
  type ServiceMapping,
  type Shape,
} from "./shape.js";

type Principal = "user" | "role" | "group";
const owners = { user: "AWS::IAM::User", role: "AWS::IAM::Role", group: "AWS::IAM::Group" } as const;

const inlinePolicy = (kind: Principal): Satellite => ({
  terraform: [`aws_iam_${kind}_policy`],
  owner: owners[kind],
  links: [kind],
  merge: "append",
  properties: { Policies: only(object({ PolicyName: text("name"), PolicyDocument: json("policy") })) },
});

const attachment = (kind: Principal): Satellite => ({
  terraform: [`aws_iam_${kind}_policy_attachment`],
  owner: owners[kind],
  links: [kind],
  merge: "append",
  properties: { ManagedPolicyArns: only(text("policy_arn")) },
});

const jointAttachment = (kind: Principal): Satellite => ({
  ...attachment(kind),
  terraform: ["aws_iam_policy_attachment"],
  links: [`${kind}s`],
});

/** Only the last four characters of a key's id are shown anywhere. */
const maskedKeyId = custom(["id"], (root) => {
  const id = child(root, "id");
  const found = textOf(id);
  if (found === undefined) return undefined;
  if (found === "unknown") return { kind: "unknown", at: placeOf(id) };
  return { kind: "value", value: found.known.slice(-4).padStart(found.known.length, "*"), at: placeOf(id) };
});

const accessKey: Shape = { AccessKeyId: maskedKeyId, Status: { ...text("status"), otherwise: "Active" } };

/** Computed, and empty, unless they are written in the role itself; attachments are resources of their own. */
const roleComputed = ["inline_policy", "managed_policy_arns"];

export const iam: ServiceMapping = {
  types: [
    {
      terraform: ["aws_iam_user"],
      type: "AWS::IAM::User",
      name: "name",
      properties: { UserName: text("name"), Path: text("path"), PermissionsBoundary: text("permissions_boundary") },
    },
    {
      terraform: ["aws_iam_role"],
      type: "AWS::IAM::Role",
      name: "name",
      properties: {
        RoleName: text("name"),
        Path: text("path"),
        Description: text("description"),
        AssumeRolePolicyDocument: json("assume_role_policy"),
        Policies: blocks("inline_policy", { PolicyName: text("name"), PolicyDocument: json("policy") }),
        ManagedPolicyArns: any("managed_policy_arns"),
        MaxSessionDuration: number("max_session_duration"),
        PermissionsBoundary: text("permissions_boundary"),
      },
      computedLegacy: roleComputed,
    },
    {
      terraform: ["aws_iam_group"],
      type: "AWS::IAM::Group",
      name: "name",
      properties: { GroupName: text("name"), Path: text("path") },
    },
    {
      terraform: ["aws_iam_policy"],
      type: "AWS::IAM::ManagedPolicy",
      name: "name",
      properties: {
        ManagedPolicyName: text("name"),
        Path: text("path"),
        Description: text("description"),
        PolicyDocument: json("policy"),
      },
    },
    {
      terraform: ["aws_iam_instance_profile"],
      type: "AWS::IAM::InstanceProfile",
      name: "name",
      properties: { InstanceProfileName: text("name"), Path: text("path"), Roles: only(text("role")) },
    },
    {
      terraform: ["aws_iam_account_password_policy"],
      type: "AWS::IAM::AccountPasswordPolicy",
      tags: "none",
      properties: {
        MinimumPasswordLength: number("minimum_password_length"),
        RequireSymbols: bool("require_symbols"),
        RequireNumbers: bool("require_numbers"),
        RequireUppercaseCharacters: bool("require_uppercase_characters"),
        RequireLowercaseCharacters: bool("require_lowercase_characters"),
        MaxPasswordAge: number("max_password_age"),
        PasswordReusePrevention: number("password_reuse_prevention"),
        HardExpiry: bool("hard_expiry"),
        AllowUsersToChangePassword: bool("allow_users_to_change_password"),
      },
    },
    {
      terraform: ["aws_accessanalyzer_analyzer"],
      type: "AWS::AccessAnalyzer::Analyzer",
      name: "analyzer_name",
      properties: { AnalyzerName: text("analyzer_name"), Type: { ...text("type"), otherwise: "ACCOUNT" } },
    },
  ],
  satellites: [
    ...(["user", "role", "group"] as const).flatMap((kind) => [
      inlinePolicy(kind),
      attachment(kind),
      jointAttachment(kind),
    ]),
    {
      terraform: ["aws_iam_user_login_profile"],
      owner: owners.user,
      links: ["user"],
      merge: "set",
      properties: { LoginProfile: object({ PasswordResetRequired: bool("password_reset_required") }) },
    },
    {
      terraform: ["aws_iam_access_key"],
      owner: owners.user,
      links: ["user"],
      merge: "append",
      properties: { AccessKeys: only(object(accessKey)) },
    },
    {
      terraform: ["aws_iam_user_group_membership"],
      owner: owners.user,
      links: ["user"],
      merge: "append",
      properties: { Groups: any("groups") },
    },
    {
      terraform: ["aws_iam_group_membership"],
      owner: owners.user,
      links: ["users"],
      merge: "append",
      properties: { Groups: only(text("group")) },
    },
  ],
};
