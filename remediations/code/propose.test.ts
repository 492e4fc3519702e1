import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareRun, type Run } from "../../src/compose.js";
import { readWaiverFiles } from "../../src/compliance/waiver-file.js";
import type { Waiver } from "../../src/compliance/waiver.js";
import { packageFile } from "../../src/package-root.js";
import { codeFixes } from "./index.js";
import { patchBase, unifiedDiff, writeFiles } from "./patch.js";
import { proposePatches, type CodeProposal } from "./propose.js";

const top = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-code-fixes-")));
let run: Run;
let folders = 0;

beforeAll(async () => {
  run = await prepareRun({
    ...{ policy: [], policyPacks: [], baseline: [], namespaces: ["main"], regoVersion: "auto", defaultPolicies: true },
    ...{ engine: "js", explain: false, incremental: false, parameters: {} },
  });
});
afterAll(() => {
  rmSync(top, { recursive: true });
});

type Files = Readonly<Record<string, string>>;

function folderWith(files: Files): string {
  const folder = join(top, String(++folders));
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

function propose(folder: string, policyIds: readonly string[], waivers: readonly Waiver[] = []): Promise<CodeProposal> {
  return proposePatches({
    ...{ paths: [folder], policyIds, fixes: codeFixes },
    code: { documents: false, varFiles: [], variables: {}, parameters: {}, region: null },
    run: { ...run, waivers, baselines: [], failOn: "low", progress: () => undefined },
  });
}

/** The patch, which `git apply` was seen to turn the files into exactly what is proposed with. */
function patchOf(folder: string, proposal: CodeProposal): string {
  expect(patchBase(proposal.files, folder)).toBe(folder);
  const diff = unifiedDiff(proposal.files, folder);
  const copy = join(top, `${++folders}-applied`);
  cpSync(folder, copy, { recursive: true });
  writeFileSync(join(top, "fix.patch"), diff);
  if (diff !== "") execFileSync("git", ["apply", "--whitespace=nowarn", join(top, "fix.patch")], { cwd: copy });
  writeFiles(proposal.files);
  for (const { file } of proposal.files)
    expect(readFileSync(file.path.replace(folder, copy))).toEqual(readFileSync(file.path));
  return diff;
}

const bucket = `resource "aws_s3_bucket" "logs" {\n  bucket = "logs"\n}\n`;
const block = "aws-s3-block-public-access";
const pod = (rest: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\nspec:\n  containers:\n${rest}`;

test("every fix makes a failing resource pass, and changes nothing else", async () => {
  const folder = folderWith({});
  cpSync(packageFile("remediations", "code", "testing", "every-fix"), folder, { recursive: true });
  const proposal = await propose(folder, []);
  await expect(patchOf(folder, proposal)).toMatchFileSnapshot("testing/every-fix.diff");
  const roads = proposal.fixed.map(({ policy, file }) => `${policy} ${file.endsWith(".tf") ? "hcl" : "yaml"}`);
  const expected = [...codeFixes.values()].flatMap(({ policy, terraform, satellite, yaml }) => [
    ...(terraform === undefined && satellite === undefined ? [] : [`${policy} hcl`]),
    ...(yaml === undefined ? [] : [`${policy} yaml`]),
  ]);
  expect([...new Set(roads)].sort()).toEqual(expected.sort());
  const again = await propose(folder, [...codeFixes.keys()]);
  expect({ fixed: again.fixed, problems: again.problems }).toEqual({ fixed: [], problems: [] });
  expect(again.refused.map(({ resource, why }) => `${resource}: ${why}`)).toEqual([
    "Web: there is no fix for /config/BlockDeviceMappings",
  ]);
});

test("the policy of every fix exists", () => {
  const known = new Set(run.policies.map(({ id }) => id));
  expect([...codeFixes.keys()].filter((id) => !known.has(id))).toEqual([]);
});

const exact: readonly (readonly [name: string, policy: string, file: string, before: string, after: string])[] = [
  [
    "CRLF stays",
    "aws-ec2-volume-encrypted",
    "a.tf",
    'resource "aws_ebs_volume" "v" {\r\n  size = 1 # é\r\n}\r\n',
    'resource "aws_ebs_volume" "v" {\r\n  size = 1 # é\r\n\r\n  encrypted = true\r\n}\r\n',
  ],
  [
    "tabs, a byte order mark and no last line end",
    "aws-ec2-volume-encrypted",
    "a.tf",
    '\ufeffresource "aws_ebs_volume" "v" {\n\tsize      = 1\n\t# last\n}',
    '\ufeffresource "aws_ebs_volume" "v" {\n\tsize      = 1\n\t# last\n\n\tencrypted = true\n}',
  ],
  [
    "a comment between the braces stays",
    "aws-efs-encrypted",
    "a.tf",
    'resource "aws_efs_file_system" "v" { /* } */ }\n',
    'resource "aws_efs_file_system" "v" {\n  /* } */\n  encrypted = true\n}\n',
  ],
  [
    "a value that is written out is replaced, its comments are not",
    "aws-rds-backup-retention",
    "a.tf",
    'resource "aws_db_instance" "d" {\n  backup_retention_period /* days */ = 1 // one\n}\n',
    'resource "aws_db_instance" "d" {\n  backup_retention_period /* days */ = 7 // one\n}\n',
  ],
  [
    "a list keeps what it has as it is written",
    "aws-eks-control-plane-logs",
    "a.tf",
    'resource "aws_eks_cluster" "c" {\n  name                      = "c"\n  enabled_cluster_log_types = ["api", /* keep */ "scheduler", ] # yes\n}\n',
    'resource "aws_eks_cluster" "c" {\n  name                      = "c"\n  enabled_cluster_log_types = ["api", /* keep */ "scheduler", "audit", "authenticator", ] # yes\n}\n',
  ],
  [
    "braces that CloudFormation itself resolves",
    "aws-rds-no-public-access",
    "a.yaml",
    "Resources:\n  D:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: '{{resolve:secretsmanager:x:SecretString:p}}'\n      PubliclyAccessible: true # for now\n",
    "Resources:\n  D:\n    Type: AWS::RDS::DBInstance\n    Properties:\n      MasterUserPassword: '{{resolve:secretsmanager:x:SecretString:p}}'\n      PubliclyAccessible: false # for now\n",
  ],
  [
    "braces in a block of text beside it",
    "kubernetes-pod-no-privileged",
    "a.yaml",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata:\n  rule: |\n    summary: "{{ $labels.pod }}"\n---\n${pod("    - name: a\n      securityContext: {privileged: true}\n")}`,
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata:\n  rule: |\n    summary: "{{ $labels.pod }}"\n---\n${pod("    - name: a\n      securityContext: {privileged: false}\n")}`,
  ],
  [
    "a satellite that is there is put right",
    "aws-s3-versioning-enabled",
    "a.tf",
    `${bucket}resource "aws_s3_bucket_versioning" "v" {\n  bucket = aws_s3_bucket.logs.id\n  versioning_configuration {\n    status = "Suspended"\n  }\n}\n`,
    `${bucket}resource "aws_s3_bucket_versioning" "v" {\n  bucket = aws_s3_bucket.logs.id\n  versioning_configuration {\n    status = "Enabled"\n  }\n}\n`,
  ],
  [
    "a satellite has the provider of its owner",
    block,
    "a.tf",
    bucket.replace("{\n", "{\n  provider = aws.dr\n"),
    `${bucket.replace("{\n", "{\n  provider = aws.dr\n")}\nresource "aws_s3_bucket_public_access_block" "logs" {\n  provider = aws.dr\n  bucket   = aws_s3_bucket.logs.id\n\n  block_public_acls       = true\n  block_public_policy     = true\n  ignore_public_acls      = true\n  restrict_public_buckets = true\n}\n`,
  ],
  [
    "each document of a file for itself, with CRLF",
    "kubernetes-pod-no-privileged",
    "a.yaml",
    `# first\r\n---\r\n${pod("    - name: a\n      securityContext: {privileged: true, runAsUser: 1} # x\n").replaceAll("\n", "\r\n")}`,
    `# first\r\n---\r\n${pod("    - name: a\n      securityContext: {privileged: false, runAsUser: 1} # x\n").replaceAll("\n", "\r\n")}`,
  ],
  [
    "a key without a value gets one",
    "kubernetes-pod-no-privilege-escalation",
    "a.yaml",
    pod("    - name: a\n      securityContext: # to do\n      image: b:1"),
    pod("    - name: a\n      securityContext: # to do\n        allowPrivilegeEscalation: false\n      image: b:1"),
  ],
  [
    "after a text of several lines",
    "kubernetes-pod-no-privilege-escalation",
    "a.yaml",
    pod("    - name: a\n      command:\n        - |\n          one\n          two\n# end\n"),
    pod(
      "    - name: a\n      command:\n        - |\n          one\n          two\n      securityContext:\n        allowPrivilegeEscalation: false\n# end\n",
    ),
  ],
  [
    "a list of manifests",
    "kubernetes-namespace-pod-security-label",
    "a.yaml",
    "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Namespace\n    metadata:\n      name: a\n      labels: {}\n",
    "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Namespace\n    metadata:\n      name: a\n      labels: { pod-security.kubernetes.io/enforce: baseline }\n",
  ],
];

test.each(exact)("%s", async (_name, policy, file, before, after) => {
  const folder = folderWith({ [file]: before });
  const proposal = await propose(folder, [policy]);
  patchOf(folder, proposal);
  expect(proposal.refused).toEqual([]);
  expect(readFileSync(join(folder, file), "utf8")).toBe(after);
});

const refused: readonly (readonly [name: string, policy: string, files: Files, why: string])[] = [
  [
    "a variable",
    "aws-ec2-volume-encrypted",
    { "a.tf": 'variable "e" { default = false }\nresource "aws_ebs_volume" "v" {\n  encrypted = var.e\n}\n' },
    "encrypted on line 3 is an expression: put it right where its value is",
  ],
  [
    "what Terraform is told to ignore",
    "aws-ec2-volume-encrypted",
    {
      "a.tf":
        'resource "aws_ebs_volume" "v" {\n  size = 1\n  lifecycle {\n    ignore_changes = [tags, encrypted]\n  }\n}\n',
    },
    "ignore_changes on line 4 leaves encrypted as it is",
  ],
  [
    "all that Terraform is told to ignore",
    "aws-ec2-imdsv2-required",
    { "a.tf": 'resource "aws_instance" "i" {\n  lifecycle {\n    ignore_changes = all\n  }\n}\n' },
    "ignore_changes on line 3 leaves metadata_options.http_tokens as it is",
  ],
  [
    "a dynamic block",
    "aws-ec2-imdsv2-required",
    {
      "a.tf":
        'resource "aws_instance" "i" {\n  dynamic "metadata_options" {\n    for_each = [1]\n    content {\n      http_tokens = "optional"\n    }\n  }\n}\n',
    },
    "metadata_options is made by a dynamic block on line 2",
  ],
  [
    "a bucket with for_each",
    block,
    { "a.tf": 'resource "aws_s3_bucket" "b" {\n  for_each = toset(["a"])\n  bucket   = each.key\n}\n' },
    "the block on line 1 has for_each: write the aws_s3_bucket_public_access_block with the same for_each",
  ],
  [
    "the older inline block",
    "aws-s3-versioning-enabled",
    { "a.tf": 'resource "aws_s3_bucket" "b" {\n  versioning {\n    enabled = false\n  }\n}\n' },
    "the block on line 1 has versioning on line 2: put it right there, or move it to aws_s3_bucket_versioning",
  ],
  [
    "a name that another file of the module has",
    block,
    {
      "a.tf": bucket,
      "b.tf": '\ufeffresource "aws_s3_bucket_public_access_block" "logs" {\n  bucket = "other"\n}\n',
    },
    "aws_s3_bucket_public_access_block.logs is there already, on line 1 of b.tf",
  ],
  [
    "JSON",
    "aws-ec2-volume-encrypted",
    { "a.tf.json": '{"resource": {"aws_ebs_volume": {"v": {"size": 1}}}}' },
    "a.tf.json is JSON: only HCL is edited",
  ],
  [
    "an alias",
    "kubernetes-pod-no-privileged",
    {
      "a.yaml": `x-context: &c {privileged: true}\n${pod("    - name: a\n      securityContext: *c\n")}`,
    },
    "is an alias (*c): other places share it",
  ],
  [
    "an anchor",
    "kubernetes-pod-no-privileged",
    { "a.yaml": pod("    - name: a\n      securityContext: &c {privileged: true}\n") },
    "has an anchor (&c): other places share it",
  ],
  [
    "a merge",
    "kubernetes-pod-no-privileged",
    { "a.yaml": `x: &c {privileged: true}\n${pod("    - name: a\n      securityContext: {<<: *c}\n")}` },
    "the map merges another one on line",
  ],
  [
    "a template",
    "kubernetes-pod-no-privileged",
    { "a.yaml": pod('    - name: a\n      image: "{{ .Values.image }}"\n      securityContext: {privileged: true}\n') },
    "the file is a template",
  ],
  [
    "a function of CloudFormation",
    "aws-ec2-volume-encrypted",
    {
      "a.yaml":
        "Parameters: {E: {Type: String, Default: false}}\nResources:\n  V:\n    Type: AWS::EC2::Volume\n    Properties:\n      Encrypted: !Ref E\n",
    },
    "the value on line 6 is !Ref: put it right where its value is",
  ],
  [
    "JSON that is called YAML",
    "aws-ec2-volume-encrypted",
    { "a.yaml": '{"Resources": {"V": {"Type": "AWS::EC2::Volume"}}}' },
    "a.yaml is not YAML: only that is edited",
  ],
  [
    "a user id that is root",
    "kubernetes-pod-run-as-non-root",
    { "a.yaml": pod("    - name: a\n      securityContext: {runAsUser: 0}\n") },
    "there is no fix for /config/spec/containers/0/securityContext/runAsUser",
  ],
];

test.each(refused)("no patch for %s", async (_name, policy, files, why) => {
  const folder = folderWith(files);
  const proposal = await propose(folder, [policy]);
  expect({ fixed: proposal.fixed, files: proposal.files }).toEqual({ fixed: [], files: [] });
  expect(proposal.refused.map((one) => one.why)).toEqual([expect.stringContaining(why)]);
});

test("what is set in an override stays as it is: the check over the patched text does not pass", async () => {
  const folder = folderWith({
    "a.tf": 'resource "aws_ebs_volume" "v" {\n  size = 1\n}\n',
    "a_override.tf": 'resource "aws_ebs_volume" "v" {\n  encrypted = false\n}\n',
  });
  const { fixed, refused: no } = await propose(folder, ["aws-ec2-volume-encrypted"]);
  expect(fixed).toEqual([]);
  expect(no[0]?.why).toBe("after the change aws-ec2-volume-encrypted would not pass for aws_ebs_volume.v");
});

test("one of many that cannot be fixed takes no other with it; same names in several folders are not mixed up", async () => {
  const volume = (rest: string): string => `resource "aws_ebs_volume" "v" {\n  size = 1\n${rest}}\n`;
  const folder = folderWith({
    "one/a.tf": volume(""),
    "two/a.tf": volume("  encrypted = false\n"),
    "three/a.tf": volume(""),
    "three/a_override.tf": 'resource "aws_ebs_volume" "v" {\n  encrypted = false\n}\n',
  });
  const { fixed, refused: no, files } = await propose(folder, ["aws-ec2-volume-encrypted"]);
  expect(fixed.map(({ file }) => file.slice(folder.length))).toEqual(["/one/a.tf", "/two/a.tf"]);
  expect(files.map(({ after }) => after)).toEqual([volume("\n  encrypted = true\n"), volume("  encrypted = true\n")]);
  expect(no.map(({ resource }) => resource)).toEqual(["aws_ebs_volume.v"]);
});

test("a module that is called twice is patched once; one outside of what was named is not", async () => {
  const folder = folderWith({
    ".git/HEAD": "",
    "live/a.tf": 'module "a" {\n  source = "../modules/v"\n}\nmodule "b" {\n  source = "../modules/v"\n}\n',
    "modules/v/a.tf": 'resource "aws_ebs_volume" "v" {\n  size      = 1\n}\n',
  });
  const outside = await propose(join(folder, "live"), ["aws-ec2-volume-encrypted"]);
  expect([...new Set(outside.refused.map(({ why }) => why))]).toEqual([
    expect.stringContaining("is not below the folders that were named"),
  ]);
  const { files, fixed } = await propose(folder, ["aws-ec2-volume-encrypted"]);
  expect(fixed.map(({ resource }) => resource)).toEqual(["module.a.aws_ebs_volume.v", "module.b.aws_ebs_volume.v"]);
  expect(files.map(({ after }) => after)).toEqual([
    'resource "aws_ebs_volume" "v" {\n  size      = 1\n  encrypted = true\n}\n',
  ]);
});

test("a block that makes a resource whose failure is waived stays as it is", async () => {
  const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const folder = folderWith({
    "a.tf": 'module "a" {\n  source = "./v"\n}\nmodule "b" {\n  source = "./v"\n}\n',
    "v/a.tf": 'resource "aws_ebs_volume" "v" {\n  size      = 1\n}\n',
    "waivers.yaml": `waivers:\n  - id: w-1\n    policy: aws-ec2-volume-encrypted\n    resource: module.b.*\n    reason: for now\n    requester: a@example.com\n    approver: b@example.com\n    start: ${day(-1)}\n    expires: ${day(30)}\n`,
  });
  const waivers = await readWaiverFiles([join(folder, "waivers.yaml")]);
  const { files, fixed, refused: no } = await propose(folder, ["aws-ec2-volume-encrypted"], waivers);
  expect([files, fixed]).toEqual([[], []]);
  expect(no.map(({ resource, why }) => [resource, why])).toEqual([
    ["module.a.aws_ebs_volume.v", expect.stringContaining("whose failure is waived")],
  ]);
});

test("names that are hard to quote, the mode of a file, and a file that changed in between", async () => {
  const name = 'na "me\\ü\t.tf';
  const text = 'resource "aws_ebs_volume" "v" {\n  size      = 1\n}\n';
  const folder = folderWith({ [`one two/${name}`]: text, "one two/b c.tf": text.replace('"v"', '"w"') });
  chmodSync(join(folder, "one two", name), 0o640);
  const proposal = await propose(folder, ["aws-ec2-volume-encrypted"]);
  expect(proposal.files).toHaveLength(2);
  patchOf(folder, proposal);
  expect(statSync(join(folder, "one two", name)).mode & 0o777).toBe(0o640);
  expect(() => {
    writeFiles(proposal.files);
  }).toThrow("was changed since it was read");
  expect(readdirSync(join(folder, "one two")).sort()).toEqual(["b c.tf", name]);
});

test("a symbolic link that leads out is not written through", async () => {
  const folder = folderWith({
    ".git/HEAD": "",
    "live/b.tf": "",
    "other/a.tf": 'resource "aws_ebs_volume" "v" {\n  size = 1\n}\n',
  });
  symlinkSync("../other/a.tf", join(folder, "live", "a.tf"));
  const { refused: no, files } = await propose(join(folder, "live"), ["aws-ec2-volume-encrypted"]);
  expect(files).toEqual([]);
  expect(no.map(({ why }) => why)).toEqual([expect.stringContaining("is not below the folders that were named")]);
});
