"use strict";
const { Directory, few, listOf, ofType } = require("./lib/resources.js");
const { allows, parseDocument, statementsOf } = require("./lib/permissions.js");

/** Sets of actions by which an identity gives itself more rights than it has. */
const escalations = [
  ["iam:CreatePolicyVersion"],
  ["iam:SetDefaultPolicyVersion"],
  ["iam:AttachUserPolicy"],
  ["iam:AttachGroupPolicy"],
  ["iam:AttachRolePolicy", "sts:AssumeRole"],
  ["iam:PutUserPolicy"],
  ["iam:PutGroupPolicy"],
  ["iam:PutRolePolicy", "sts:AssumeRole"],
  ["iam:AddUserToGroup"],
  ["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"],
  ["iam:CreateAccessKey"],
  ["iam:CreateLoginProfile"],
  ["iam:UpdateLoginProfile"],
  ["iam:PassRole", "ec2:RunInstances"],
  ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
  ["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
  ["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"],
  ["iam:PassRole", "glue:CreateDevEndpoint"],
  ["iam:PassRole", "cloudformation:CreateStack"],
  ["iam:PassRole", "sagemaker:CreateNotebookInstance"],
  ["lambda:UpdateFunctionCode"],
];

const kinds = [
  {
    kind: "role",
    owner: "aws:iam/role:Role",
    inline: "aws:iam/rolePolicy:RolePolicy",
    attached: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  },
  {
    kind: "user",
    owner: "aws:iam/user:User",
    inline: "aws:iam/userPolicy:UserPolicy",
    attached: "aws:iam/userPolicyAttachment:UserPolicyAttachment",
  },
  {
    kind: "group",
    owner: "aws:iam/group:Group",
    inline: "aws:iam/groupPolicy:GroupPolicy",
    attached: "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
  },
];
const policyTypes = ["aws:iam/policy:Policy"];

const noEscalation = {
  name: "no-privilege-escalation",
  description: "No identity can give itself more rights, by all of its policies taken together.",
  severity: "critical",
  configSchema: {
    properties: {
      administrators: { type: "array", items: { type: "string" }, default: [], description: "Names of those who may." },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const directory = new Directory(resources);
    const owners = kinds.flatMap(({ kind, owner }) => ofType(resources, owner).map((one) => ({ kind, resource: one })));
    if (owners.length === 0) notApplicable("there are no identities");
    const { administrators } = getConfig();
    const statements = statementsByOwner(resources, directory);
    for (const { resource } of owners) {
      if (administrators.includes(resource.name)) continue;
      const own = statements.get(resource.urn) ?? [];
      const ways = escalations.filter((actions) => actions.every((action) => allows(own, action)));
      if (ways.length === 0) continue;
      const shown = ways.map((actions) => actions.join(" with "));
      report(`can give itself more rights by ${few(shown, 3)}`, resource.urn);
    }
  },
};

/** The statements of all policies that an identity has: its own, and those that are attached to it. */
function statementsByOwner(resources, directory) {
  const found = new Map();
  const add = (owner, text) => {
    if (owner === undefined) return;
    const known = found.get(owner.urn) ?? [];
    known.push(...statementsOf(parseDocument(text)));
    found.set(owner.urn, known);
  };
  const policiesOf = (resource, property) => directory.targets(resource, property, policyTypes);
  for (const { kind, owner, inline, attached } of kinds) {
    for (const one of ofType(resources, inline)) add(directory.targets(one, kind, [owner])[0], one.props.policy);
    for (const one of ofType(resources, attached)) {
      const [target] = directory.targets(one, kind, [owner]);
      for (const policy of policiesOf(one, "policyArn")) add(target, policy.props.policy);
      for (const text of managed(one.props, target)) add(target, text);
    }
  }
  return found;
}

/** The policies of AWS itself that allow everything. */
function managed(props, target) {
  if (target === undefined || typeof props.policyArn !== "string") return [];
  if (!/:aws:policy\/(AdministratorAccess|IAMFullAccess|PowerUserAccess)$/.test(props.policyArn)) return [];
  const iam = { Effect: "Allow", Action: "iam:*", Resource: "*" };
  const all = { Effect: "Allow", Action: "*", Resource: "*" };
  const power = { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" };
  const statement = props.policyArn.endsWith("IAMFullAccess")
    ? iam
    : props.policyArn.endsWith("PowerUserAccess")
      ? power
      : all;
  return [{ Statement: [statement] }];
}

/** Properties with policies that say who may come in. */
const documents = {
  "aws:iam/role:Role": "assumeRolePolicy",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
  "aws:sqs/queuePolicy:QueuePolicy": "policy",
  "aws:sns/topicPolicy:TopicPolicy": "policy",
  "aws:kms/key:Key": "policy",
  "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
  "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
};

/** Account numbers of the principals that statements let in; `*` for anybody. */
function accountsIn(statement) {
  const { Principal: principal } = statement;
  if (principal === "*") return ["*"];
  const all = typeof principal === "object" && principal !== null ? listOf(principal.AWS) : [];
  return all.flatMap((one) =>
    one === "*" ? ["*"] : (/^(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?::|$)/.exec(String(one))?.[1] ?? []),
  );
}

const trustedAccounts = {
  name: "trusted-accounts-only",
  description: "Other accounts are let in only when they are named as trusted.",
  severity: "critical",
  configSchema: {
    properties: {
      accounts: {
        type: "array",
        items: { type: "string", pattern: "^[0-9]{12}$" },
        default: [],
        description: "Account numbers, the own ones among them. Without any, only policies for anybody are reported.",
      },
    },
  },
  validateResource: ({ type, props, getConfig, notApplicable }, report) => {
    const property = Object.hasOwn(documents, type) ? documents[type] : undefined;
    if (property === undefined) return notApplicable("has no policy that lets anyone in");
    const { accounts } = getConfig();
    const statements = statementsOf(parseDocument(props[property])).filter(({ Effect: effect }) => effect === "Allow");
    const strangers = new Set();
    for (const statement of statements) {
      for (const account of accountsIn(statement)) {
        if (account === "*" ? statement.Condition === undefined : accounts.length > 0 && !accounts.includes(account)) {
          strangers.add(account === "*" ? "anybody" : `the account ${account}`);
        }
      }
    }
    if (strangers.size > 0) report(`${property} lets in ${few([...strangers])}`);
  },
};

/** Services that act for many customers: without the account they could be made to act for a stranger. */
const deputies = ["apigateway", "cloudtrail", "config", "events", "logs", "s3", "scheduler", "ses", "sns", "states"];

const noConfusedDeputy = {
  name: "no-confused-deputy",
  description: "A service of AWS is let in for the own account only.",
  severity: "high",
  validateResource: ({ type, props, notApplicable }, report) => {
    const property = Object.hasOwn(documents, type) ? documents[type] : undefined;
    if (property === undefined) return notApplicable("has no policy that lets anyone in");
    const services = new Set();
    for (const { Effect: effect, Principal: principal, Condition: condition } of statementsOf(
      parseDocument(props[property]),
    )) {
      if (effect !== "Allow" || typeof principal !== "object" || principal === null || namesSource(condition)) continue;
      for (const service of listOf(principal.Service)) {
        if (deputies.includes(String(service).split(".")[0])) services.add(service);
      }
    }
    if (services.size > 0)
      report(`${property} lets in ${few([...services])} without aws:SourceAccount or aws:SourceArn`);
  },
};

function namesSource(condition) {
  if (typeof condition !== "object" || condition === null) return false;
  const keys = Object.values(condition).flatMap((test) =>
    typeof test === "object" && test !== null ? Object.keys(test) : [],
  );
  return keys.some((key) => /^aws:(SourceAccount|SourceArn|SourceOrgID|SourceOrgPaths|PrincipalOrgID)$/i.test(key));
}

const externalId = {
  name: "external-id-for-other-accounts",
  description: "Another account takes a role only with an external id or from a named identity.",
  severity: "medium",
  configSchema: {
    properties: {
      own: {
        type: "array",
        items: { type: "string", pattern: "^[0-9]{12}$" },
        default: [],
        description: "Own account numbers.",
      },
    },
  },
  validateResource: ({ type, props, getConfig, notApplicable }, report) => {
    if (type !== "aws:iam/role:Role") return notApplicable("not a role");
    const { own } = getConfig();
    if (own.length === 0) return notApplicable("no own accounts are configured");
    for (const statement of statementsOf(parseDocument(props.assumeRolePolicy))) {
      if (statement.Effect !== "Allow" || /externalid/i.test(JSON.stringify(statement.Condition ?? {}))) continue;
      const principals = listOf(statement.Principal?.AWS).map(String);
      const whole = principals.filter((one) => /^(\d{12}|arn:[^:]*:iam::\d{12}:root)$/.test(one));
      const others = whole.filter((one) => !own.includes(/\d{12}/.exec(one)[0]));
      if (others.length > 0) report(`${few(others)} can take the role without an external id`);
    }
  },
};

module.exports = {
  identity: [noEscalation, trustedAccounts, noConfusedDeputy, externalId],
};
