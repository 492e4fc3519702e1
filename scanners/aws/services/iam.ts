import {
  GetAccountPasswordPolicyCommand,
  GetAccountSummaryCommand,
  GetLoginProfileCommand,
  IAMClient,
  ListPolicyTagsCommand,
  paginateGetAccountAuthorizationDetails,
  paginateListAccessKeys,
  paginateListMFADevices,
  type AttachedPolicy,
  type EntityType,
  type GetAccountAuthorizationDetailsResponse,
  type ManagedPolicyDetail,
  type PolicyDetail,
  type RoleDetail,
  type UserDetail,
} from "@aws-sdk/client-iam";
import type { ScannedResource } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { accountArn } from "../arn.js";
import { describeEach, Draft, tagPointers } from "../draft.js";
import { itemsOf } from "../paging.js";
import { present } from "../plain.js";
import { UnreadableAnswer } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

export const iam: AwsService = {
  service: "iam",
  scope: "global",
  reads: [
    { types: ["AWS::IAM::User"], at: "iam:GetAccountAuthorizationDetails", read: users },
    { types: ["AWS::IAM::Role"], at: "iam:GetAccountAuthorizationDetails", read: roles },
    { types: ["AWS::IAM::ManagedPolicy"], at: "iam:GetAccountAuthorizationDetails", read: managedPolicies },
    {
      types: ["AWS::IAM::AccountPasswordPolicy"],
      at: "iam:GetAccountPasswordPolicy",
      read: passwordPolicy,
      one: thePasswordPolicy,
    },
    { types: ["AWS::IAM::AccountSummary"], at: "iam:GetAccountSummary", read: accountSummary },
  ],
};

function clientOf(context: AwsContext): IAMClient {
  return context.clients.of(IAMClient, context.region);
}

function details<T>(
  context: AwsContext,
  filter: EntityType,
  list: (page: GetAccountAuthorizationDetailsResponse) => readonly T[] | undefined,
) {
  const client = clientOf(context);
  return itemsOf(paginateGetAccountAuthorizationDetails({ client, pageSize: 500 }, { Filter: [filter] }), list);
}

async function* users(context: AwsContext): AsyncGenerator<ScannedResource> {
  const listed = details(context, "User", (page) => page.UserDetailList);
  yield* describeEach(context, listed, (user) => describeUser(context, user));
}

async function describeUser(context: AwsContext, user: UserDetail): Promise<ScannedResource> {
  const draft = new Draft(context);
  draft.keep("GetAccountAuthorizationDetails", user);
  const {
    UserName = "",
    Arn = "",
    Path,
    GroupList,
    AttachedManagedPolicies,
    UserPolicyList,
    PermissionsBoundary,
  } = user;
  const config = {
    UserName,
    Path,
    Groups: GroupList ?? [],
    ManagedPolicyArns: policyArns(draft, AttachedManagedPolicies),
    Policies: inlinePolicies(draft, UserPolicyList),
    PermissionsBoundary: PermissionsBoundary?.PermissionsBoundaryArn,
    AccessKeys: await accessKeys(context, draft, UserName),
    MFADevices: await mfaDevices(context, draft, UserName),
    LoginProfile: await loginProfile(context, draft, UserName),
  };
  return draft.done({ id: Arn, type: "AWS::IAM::User", name: UserName, region: null }, config, user.Tags ?? []);
}

const gone = ["NoSuchEntity", "NoSuchEntityException"];

async function accessKeys(context: AwsContext, draft: Draft, UserName: string): Promise<JsonObject[] | null> {
  const pages = paginateListAccessKeys({ client: clientOf(context) }, { UserName });
  return await draft.ask("iam:ListAccessKeys", {
    pointers: ["/config/AccessKeys"],
    gone,
    call: () =>
      collected(pages, (page) =>
        // The last four characters tell keys apart; the whole is nobody's business.
        page.AccessKeyMetadata?.map(({ AccessKeyId = "", Status, CreateDate }) =>
          present({ AccessKeyId: `****${AccessKeyId.slice(-4)}`, Status, CreateDate }),
        ),
      ),
  });
}

async function mfaDevices(context: AwsContext, draft: Draft, UserName: string): Promise<JsonObject[] | null> {
  const pages = paginateListMFADevices({ client: clientOf(context) }, { UserName });
  return await draft.ask("iam:ListMFADevices", {
    pointers: ["/config/MFADevices"],
    gone,
    call: () =>
      collected(pages, (page) =>
        page.MFADevices?.map(({ SerialNumber, EnableDate }) => present({ SerialNumber, EnableDate })),
      ),
  });
}

async function loginProfile(context: AwsContext, draft: Draft, UserName: string): Promise<JsonObject | undefined> {
  const call = () => clientOf(context).send(new GetLoginProfileCommand({ UserName }));
  const answer = await draft.ask("iam:GetLoginProfile", { pointers: ["/config/LoginProfile"], call, absent: gone });
  return answer === null ? undefined : { PasswordResetRequired: answer.LoginProfile?.PasswordResetRequired ?? false };
}

async function collected<P extends object, T>(
  pages: AsyncIterable<P>,
  items: (page: P) => readonly T[] | undefined,
): Promise<T[]> {
  const result: T[] = [];
  for await (const item of itemsOf(pages, items)) result.push(item);
  return result;
}

function policyArns(draft: Draft, attached: readonly AttachedPolicy[] = []): string[] {
  const arns = attached.flatMap(({ PolicyArn }) => PolicyArn ?? []);
  draft.refer(...arns);
  return arns;
}

function inlinePolicies(draft: Draft, policies: readonly PolicyDetail[] = []): JsonObject[] {
  return policies.map(({ PolicyName, PolicyDocument }, index) =>
    present({ PolicyName, PolicyDocument: draft.document(PolicyDocument, `/config/Policies/${index}/PolicyDocument`) }),
  );
}

async function* roles(context: AwsContext): AsyncGenerator<ScannedResource> {
  for await (const role of details(context, "Role", (page) => page.RoleDetailList)) yield roleOf(context, role);
}

function roleOf(context: AwsContext, role: RoleDetail): ScannedResource {
  const draft = new Draft(context);
  draft.keep("GetAccountAuthorizationDetails", role);
  const {
    RoleName = "",
    Arn = "",
    Path,
    AssumeRolePolicyDocument,
    AttachedManagedPolicies,
    RolePolicyList,
    PermissionsBoundary,
  } = role;
  const config = {
    RoleName,
    Path,
    AssumeRolePolicyDocument: draft.document(AssumeRolePolicyDocument, "/config/AssumeRolePolicyDocument"),
    ManagedPolicyArns: policyArns(draft, AttachedManagedPolicies),
    Policies: inlinePolicies(draft, RolePolicyList),
    PermissionsBoundary: PermissionsBoundary?.PermissionsBoundaryArn,
  };
  return draft.done({ id: Arn, type: "AWS::IAM::Role", name: RoleName, region: null }, config, role.Tags ?? []);
}

async function* managedPolicies(context: AwsContext): AsyncGenerator<ScannedResource> {
  const listed = details(context, "LocalManagedPolicy", (page) => page.Policies);
  yield* describeEach(context, listed, (policy) => describePolicy(context, policy));
}

async function describePolicy(context: AwsContext, policy: ManagedPolicyDetail): Promise<ScannedResource> {
  const draft = new Draft(context);
  draft.keep("GetAccountAuthorizationDetails", policy);
  const { Arn = "", Path, Description, PolicyVersionList, DefaultVersionId } = policy;
  const PolicyName = policy.PolicyName || (Arn.split("/").at(-1) ?? "");
  const version = PolicyVersionList?.find(
    ({ IsDefaultVersion, VersionId }) => IsDefaultVersion === true || VersionId === DefaultVersionId,
  );
  const PolicyDocument = draft.document(version?.Document, "/config/PolicyDocument");
  if (version?.Document === undefined)
    draft.fail(["/config/PolicyDocument"], "the policy's default version was not in the answer");
  const call = () => clientOf(context).send(new ListPolicyTagsCommand({ PolicyArn: Arn }));
  const tags = await draft.ask("iam:ListPolicyTags", { pointers: tagPointers, call, gone });
  const config = {
    ManagedPolicyName: PolicyName,
    Path,
    Description: Description === "" ? undefined : Description,
    PolicyDocument,
  };
  return draft.done(
    { id: Arn, type: "AWS::IAM::ManagedPolicy", name: PolicyName, region: null },
    config,
    tags?.Tags ?? [],
  );
}

/** None set is a fact of its own: the resource is there, with nothing in it. */
async function* passwordPolicy(context: AwsContext): AsyncGenerator<ScannedResource> {
  const draft = new Draft(context);
  const call = () => clientOf(context).send(new GetAccountPasswordPolicyCommand({}));
  const answer = await draft.ask("iam:GetAccountPasswordPolicy", { pointers: ["/config"], call, absent: gone });
  const id = accountArn(context, "iam", "account-password-policy");
  const config = answer === null ? {} : { ...answer.PasswordPolicy, ExpirePasswords: undefined };
  yield draft.done({ id, type: "AWS::IAM::AccountPasswordPolicy", name: context.account, region: null }, config);
}

async function thePasswordPolicy(context: AwsContext): Promise<ScannedResource | null> {
  for await (const policy of passwordPolicy(context)) return policy;
  return null;
}

async function* accountSummary(context: AwsContext): AsyncGenerator<ScannedResource> {
  const answer = await clientOf(context).send(new GetAccountSummaryCommand({}));
  const { AccountMFAEnabled, AccountAccessKeysPresent } = answer.SummaryMap ?? {};
  if (AccountMFAEnabled === undefined || AccountAccessKeysPresent === undefined)
    throw new UnreadableAnswer("the answer lacks the account's facts");
  const draft = new Draft(context);
  draft.keep("GetAccountSummary", answer);
  const id = accountArn(context, "iam", "account-summary");
  yield draft.done(
    { id, type: "AWS::IAM::AccountSummary", name: context.account, region: null },
    { AccountMFAEnabled, AccountAccessKeysPresent },
  );
}
