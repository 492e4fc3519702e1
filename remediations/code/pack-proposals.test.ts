// What policy packs propose, as patches of code: one pack that behaves and one that does not, each started once.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareRun, type Run } from "../../src/compose.js";
import { removePack, writePack } from "../../src/engine/crossguard/testing/write-pack.js";
import { rendered } from "./hcl-edit.js";
import { hclEntries } from "./hcl-entries.js";
import { codeFixes } from "./index.js";
import type { Judged } from "./judgement.js";
import { opposedProposals } from "./opposed.js";
import { unifiedDiff, writeFiles } from "./patch.js";
import { proposePatches, type CodeProposal } from "./propose.js";

/** A policy that remediates: `wrong(args)` says that something is, `right(props, args)` sets it. */
const policy = (name: string, wrong: string, right: string): string =>
  `{ name: "${name}", description: "${name}.", enforcementLevel: "remediate",
    validateResource: (args, report) => { void args.props.tags; if (${wrong}) report("wrong"); },
    remediateResource: (args) => { const { props } = args; if (!(${wrong})) return undefined; ${right}; return props; } }`;
const isCase = (name: string): string => `args.props.tags?.case === "${name}"`;
const volume = `args.type === "aws:ebs/volume:Volume"`;

const code = `const { PolicyPack } = require("@pulumi/policy");
let turn = 0;
new PolicyPack("own", { policies: [
  ${policy("owned", `args.type.startsWith("aws:") && args.props.tags?.owner !== "platform" && args.props.tags?.case === undefined`, `props.tags = { ...props.tags, owner: "platform" }`)},
  ${policy("kept", `args.type === "aws:rds/instance:Instance" && (args.props.backupRetentionPeriod ?? 0) < 7`, `props.backupRetentionPeriod = 7`)},
  ${policy("pulled", `args.props.spec?.containers?.some((one) => one.imagePullPolicy !== "Always")`, `props.spec.containers.forEach((one) => { one.imagePullPolicy = "Always"; })`)},
  ${policy("metadata", `args.type === "aws:ec2/instance:Instance" && args.props.metadataOptions?.httpTokens !== "required"`, `props.metadataOptions = { ...props.metadataOptions, httpTokens: "required" }`)},
  ${policy("injected", `${isCase("injected")} && args.props.tags.note === undefined`, `props.tags = { ...props.tags, note: '\${file("/etc/passwd")} %{ if true } "\\\\ é \\u202e' }`)},
  ${policy("proto", `${isCase("proto")} && !Object.hasOwn(args.props.tags, "__proto__")`, `props.tags = JSON.parse('{"case": "proto", "__proto__": "x", "constructor": "y"}')`)},
  ${policy("identity", isCase("identity"), `props.bucket = "other"`)},
  ${policy("secret", isCase("secret"), `props.tags = { ...props.tags, password: "hunter2hunter2" }`)},
  ${policy("many", isCase("many"), `props.tags = { ...props.tags, ...Object.fromEntries(Array.from({ length: 101 }, (_, at) => ["k" + at, "v"])) }`)},
  ${policy("endless", isCase("endless"), `props.tags = { ...props.tags, turn: "t" + turn++ }`)},
  ${policy("removes", isCase("removes"), `delete props.kmsKeyId`)},
  ${policy("unknowable", isCase("unknowable"), `props.nothingOfThatName = 1`)},
  ${policy("mistyped", isCase("mistyped"), `props.size = "ten"`)},
  ${policy("at-least-ten", `${volume} && ${isCase("opposed")} && args.props.size < 10`, `props.size = 10`)},
  ${policy("at-most-five", `${volume} && ${isCase("opposed")} && args.props.size > 5`, `props.size = 5`)},
  ${policy("larger", `${isCase("moved")} && args.props.size < 10`, `props.size = 10`)},
  ${policy("cheaper", `${isCase("moved")} && args.props.size > 5`, `props.size = 5`)},
] });`;

const top = realpathSync(mkdtempSync(join(tmpdir(), "portcullis-pack-proposals-")));
let pack: string;
let run: Run;
let folders = 0;

beforeAll(async () => {
  pack = writePack(code);
  run = await prepareRun({
    ...{ policy: [pack], policyPacks: [], baseline: [], namespaces: ["main"], regoVersion: "auto" },
    ...{ defaultPolicies: false, engine: "js", explain: false, incremental: false, parameters: {} },
  });
});
afterAll(async () => {
  await run.packs?.close();
  removePack(pack);
  rmSync(top, { recursive: true });
});

type Files = Readonly<Record<string, string>>;

function folderWith(files: Files): string {
  const folder = join(top, String(++folders));
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function propose(folder: string, policyIds: readonly string[] = []): Promise<CodeProposal> {
  return proposePatches({
    ...{ paths: [folder], policyIds, fixes: codeFixes },
    code: { documents: false, varFiles: [], variables: {}, parameters: {}, region: null },
    run: { ...run, baselines: [], failOn: "low", progress: () => undefined },
  });
}

/** The files after the patch, which `git apply` was seen to make of the files before. */
function patched(folder: string, { files }: CodeProposal): Record<string, string> {
  const copy = join(top, `${++folders}-applied`);
  cpSync(folder, copy, { recursive: true });
  writeFileSync(join(top, "fix.patch"), unifiedDiff(files, folder));
  execFileSync("git", ["apply", "--whitespace=nowarn", join(top, "fix.patch")], { cwd: copy });
  writeFiles(files);
  return Object.fromEntries(
    files.map(({ file }) => {
      const text = readFileSync(file.path, "utf8");
      expect(readFileSync(file.path.replace(folder, copy), "utf8")).toBe(text);
      return [file.path.slice(folder.length + 1), text];
    }),
  );
}

const whys = ({ refused }: CodeProposal): string[] =>
  refused.map(({ policy: id, resource, why }) => `${id} ${resource}: ${why}`);

const exact: readonly (readonly [name: string, before: Files, after: Files])[] = [
  [
    "HCL: a value, an argument in a block that is not there, and tags as they are written",
    {
      "a.tf": `# databases
resource "aws_db_instance" "d" {
  identifier              = "orders"
  backup_retention_period = 2 # days
  tags = {
    Name = "orders" # é
    "team" = "data"
  }
}

resource "aws_instance" "i" {
  ami  = "ami-1"
  tags = { Name = "web" }
}

resource "aws_ebs_volume" "v" {
  size = 1
}
`,
    },
    {
      "a.tf": `# databases
resource "aws_db_instance" "d" {
  identifier              = "orders"
  backup_retention_period = 7 # days
  tags = {
    Name = "orders" # é
    "team" = "data"
    owner  = "platform"
  }
}

resource "aws_instance" "i" {
  ami  = "ami-1"
  tags = { Name = "web", owner = "platform" }

  metadata_options {
    http_tokens = "required"
  }
}

resource "aws_ebs_volume" "v" {
  size = 1

  tags = {
    owner = "platform"
  }
}
`,
    },
  ],
  [
    "HCL: a tag that is there, and a map with an expression in it",
    {
      "a.tf": `variable "env" { default = "p" }
resource "aws_ebs_volume" "v" {
  size = 1
  tags = {
    owner = "nobody" // ask
    Env   = "owner = x"
  }
}
resource "aws_ebs_volume" "w" {
  size = 1
  tags = { Env = var.env }
}
`,
    },
    {
      "a.tf": `variable "env" { default = "p" }
resource "aws_ebs_volume" "v" {
  size = 1
  tags = {
    owner = "platform" // ask
    Env   = "owner = x"
  }
}
resource "aws_ebs_volume" "w" {
  size = 1
  tags = { Env = var.env, owner = "platform" }
}
`,
    },
  ],
  [
    "CloudFormation: the provider's own names, tags as a list",
    {
      "a.yaml": `Resources:
  Orders:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceClass: db.r6g.large # é
      BackupRetentionPeriod: 2 # days
      Tags:
        - Key: Name
          Value: orders
  Disk:
    Type: AWS::EC2::Volume
    Properties:
      Tags: [{ Key: owner, Value: nobody }, { Key: a, Value: b }]
`,
    },
    {
      "a.yaml": `Resources:
  Orders:
    Type: AWS::RDS::DBInstance
    Properties:
      DBInstanceClass: db.r6g.large # é
      BackupRetentionPeriod: 7 # days
      Tags:
        - Key: Name
          Value: orders
        - Key: owner
          Value: platform
  Disk:
    Type: AWS::EC2::Volume
    Properties:
      Tags: [{ Key: owner, Value: platform }, { Key: a, Value: b }]
`,
    },
  ],
  [
    "Kubernetes: each element of a list by itself",
    {
      "a.yaml": `apiVersion: v1
kind: Pod
metadata: { name: p, namespace: prod }
spec:
  containers:
    - name: a
      image: a:1 # pinned
    - { name: b, image: "b:1", imagePullPolicy: Never }
`,
    },
    {
      "a.yaml": `apiVersion: v1
kind: Pod
metadata: { name: p, namespace: prod }
spec:
  containers:
    - name: a
      image: a:1 # pinned
      imagePullPolicy: Always
    - { name: b, image: "b:1", imagePullPolicy: Always }
`,
    },
  ],
];

test.each(exact)("%s", async (_, before, after) => {
  const folder = folderWith(before);
  const proposal = await propose(folder);
  expect(whys(proposal)).toEqual([]);
  expect(patched(folder, proposal)).toEqual(after);
  const again = await propose(folder);
  expect([again.fixed, again.refused]).toEqual([[], []]);
});

const inVolume = (tags: string): string => `resource "aws_ebs_volume" "v" {\n  size = 1\n${tags}}\n`;

test.each([
  [
    "line ends",
    `  tags = {\r\n    Env = "x"\r\n  }\r\n`,
    `  tags = {\r\n    Env = "x"\r\n\r\n    owner = "platform"\r\n  }\r\n`,
  ],
  [
    "comments",
    `  tags = {\n    # owner = "a"\n    /* } */ A = "x" # }\n  }\n`,
    `  tags = {\n    # owner = "a"\n    /* } */ A = "x" # }\n    owner = "platform"\n  }\n`,
  ],
  [
    "texts in texts",
    `  tags = { A = "a \${"b}"} \\" c" }\n`,
    `  tags = { A = "a \${"b}"} \\" c", owner = "platform" }\n`,
  ],
  ["colons", `  tags = {\n    "owner" : "x"\n  }\n`, `  tags = {\n    "owner" : "platform"\n  }\n`],
  [
    "several lines",
    `  tags = {\n    A = join("-", [\n      "a",\n    ])\n  }\n`,
    `  tags = {\n    A = join("-", [\n      "a",\n    ])\n    owner = "platform"\n  }\n`,
  ],
  ["a name twice", `  tags = { owner = "x", "owner" = "y" }\n`, /owner stands in tags on line 3 twice/],
  ["a text over several lines", `  tags = {\n    n = <<-E\n      a\n    E\n  }\n`, /a text over several lines/],
  ["an expression", `  tags = { for k in ["a"] : k => k }\n`, /tags on line 3 is an expression/],
  ["what Terraform ignores", `  lifecycle { ignore_changes = [tags] }\n`, /ignore_changes on line 3/],
])("HCL maps as people write them: %s", async (_, before, after) => {
  const folder = folderWith({ "a.tf": inVolume(before) });
  const proposal = await propose(folder, ["own:owned"]);
  if (typeof after === "string")
    expect([whys(proposal), patched(folder, proposal)]).toEqual([[], { "a.tf": inVolume(after) }]);
  else expect([whys(proposal), proposal.files]).toEqual([[expect.stringMatching(after)], []]);
});

test("the entries of any map are found as they were written", () => {
  const texts = fc.string({ unit: "grapheme", maxLength: 12 });
  fc.assert(
    fc.property(fc.dictionary(texts, texts), fc.constantFrom(", ", "\n", ", # }\n", " /* , */ ,\n"), (map, between) => {
      const written = Object.entries(map).map(([key, value]) => [rendered(key), rendered(value)] as const);
      const text = `{${written.map(([key, value]) => `${key} = ${value}`).join(between)}}`;
      expect(hclEntries(text).map(({ key, from, to }) => [key, text.slice(from, to)])).toEqual(written);
    }),
  );
});

test("a text is written so that it says just that", async () => {
  const text = `resource "aws_ebs_volume" "v" {\n  size = 1\n  tags = {\n    case = "injected"\n  }\n}\n`;
  const folder = folderWith({ "a.tf": text });
  const proposal = await propose(folder);
  expect(whys(proposal)).toEqual([]);
  const note = String.raw`    note = "$${"$"}{file(\"/etc/passwd\")} %%{ if true } \"\\ é \u202E"`;
  expect(patched(folder, proposal)["a.tf"]).toBe(text.replace(`"injected"\n`, () => `"injected"\n${note}\n`));
  expect((await propose(folder)).refused).toEqual([]);
});

test("what a pack proposes that is not to be written is said, with what it proposes", async () => {
  const disk = (name: string, more = ""): string =>
    `resource "aws_ebs_volume" "${name}" {\n  size = 7\n${more}  tags = {\n    case = "${name}"\n  }\n}\n`;
  const folder = folderWith({
    "a.tf": [
      ...["secret", "many", "endless", "unknowable", "mistyped", "opposed"].map((one) => disk(one)),
      disk("removes", `  kms_key_id = "k"\n`),
      disk("moved").replace("7", "4"),
      `resource "aws_s3_bucket" "identity" {\n  bucket = "b"\n  tags = {\n    case = "identity"\n  }\n}\n`,
    ].join(""),
  });
  const proposal = await propose(folder);
  expect(proposal.fixed).toEqual([]);
  expect(proposal.files).toEqual([]);
  expect(whys(proposal).sort()).toEqual([
    "own:at-least-ten aws_ebs_volume.opposed: own:at-most-five wants /size to be 5, and this policy wants /size to be 10: they would undo each other",
    "own:at-most-five aws_ebs_volume.opposed: own:at-least-ten wants /size to be 10, and this policy wants /size to be 5: they would undo each other",
    "own:cheaper aws_ebs_volume.moved: own:larger wants /size to be 10, and this policy wants /size to be 5: they would undo each other",
    "own:endless aws_ebs_volume.endless: after the change own:endless would not pass for aws_ebs_volume.endless",
    "own:identity aws_s3_bucket.identity: bucket is what the resource goes by: another one makes a new resource",
    "own:larger aws_ebs_volume.moved: own:cheaper wants /size to be 5, and this policy wants /size to be 10: they would undo each other",
    "own:many aws_ebs_volume.many: it would change 101 values at once: more than 100",
    'own:mistyped aws_ebs_volume.mistyped: size would be "ten"; expected "number"',
    "own:removes aws_ebs_volume.removes: /kmsKeyId would be taken out: only values are written",
    "own:secret aws_ebs_volume.secret: /tags/password would be a secret, which does not belong into code",
    "own:unknowable aws_ebs_volume.unknowable: nothingOfThatName is none of the properties that are known of it",
  ]);
  const changes = proposal.refused.find(({ policy: id }) => id === "own:at-most-five")?.changes;
  expect(changes).toEqual([{ op: "replace", path: "/size", value: 5, before: 7 }]);
  expect(JSON.stringify(proposal.refused)).not.toContain("hunter2");
});

test("names that JavaScript gives a meaning are names", async () => {
  const text = `resource "aws_ebs_volume" "v" {\n  size = 7\n  tags = { case = "proto" }\n}\n`;
  const folder = folderWith({ "a.tf": text });
  const proposal = await propose(folder);
  // Pulumi's SDK itself loses such a key: what the policy asks for can never be there.
  expect([whys(proposal), proposal.files]).toEqual([
    ["own:proto aws_ebs_volume.v: after the change own:proto would not pass for aws_ebs_volume.v"],
    [],
  ]);
  expect(proposal.refused[0]?.changes?.map(({ path }) => path)).toEqual(["/tags/constructor"]);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

test("an expression, a program and a plan are named, not edited", async () => {
  const folder = folderWith({
    "a.tf": `variable "days" { default = 1 }\nresource "aws_db_instance" "d" {\n  backup_retention_period = var.days\n  tags = merge({}, { owner = "platform" })\n}\n`,
  });
  cpSync("scanners/pulumi/testing/preview.json", join(folder, "preview.json"));
  const proposal = await propose(folder, ["own:kept", "own:owned"]);
  expect(proposal.files).toEqual([]);
  const found = whys(proposal);
  expect(found).toContain(
    "own:kept aws_db_instance.d: backup_retention_period on line 3 is an expression: put it right where its value is",
  );
  expect(found.some((one) => one.endsWith("a program makes it, and programs are not edited: change it there"))).toBe(
    true,
  );
  const silent = proposal.refused.filter(({ changes = [] }) => changes.length === 0);
  expect(silent.filter(({ why }) => why !== "the policy pack proposes nothing for it")).toEqual([]);
});

test("policies that undo each other are found among very many wishes, and where one sets a whole that the other sets a part of", () => {
  const judged = (policy: string, changes: readonly (readonly [string, unknown])[]): Judged =>
    ({
      item: { resource: { id: "r", source: { uri: "a.tf", line: 1 } } },
      verdict: {
        policy,
        proposal: {
          urn: "urn:pulumi:a::b::t::r",
          changes: changes.map(([path, value]) => ({ op: "add", path, value })),
        },
      },
    }) as unknown as Judged;
  const many = Array.from({ length: 20_000 }, (_, at) => [`/tags/k${at}`, "v"] as const);
  const [a, b] = [judged("p:a", many), judged("p:b", [...many.slice(1), ["/tags/k0", "other"]])];
  expect([...opposedProposals([a, b]).keys()]).toEqual([a, b]);
  const [whole, part, same] = [judged("p:w", [["/x", 1]]), judged("p:x", [["/x/y", 1]]), judged("p:s", [["/x", 1]])];
  expect(opposedProposals([whole, part]).size).toBe(2);
  expect(opposedProposals([whole, same]).size).toBe(0);
  const owned = judged("p:o", [["/tags", { owner: "a" }]]);
  expect(opposedProposals([owned, judged("p:t", [["/tags", { team: "b" }]])]).size).toBe(0);
  expect(opposedProposals([owned, judged("p:u", [["/tags/owner", "c"]])]).size).toBe(2);
});
