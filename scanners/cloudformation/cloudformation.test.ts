import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ScannedResource, ScanItem } from "../../src/inventory/scan-item.js";
import type { Json } from "../../src/json.js";
import { parseDocuments } from "../code/document.js";
import { isCloudFormation, readCloudFormation, type TemplateOptions } from "./index.js";

const defaults: TemplateOptions = { parameters: {}, region: null };

function read(yaml: string, options: Partial<TemplateOptions> = {}): ScanItem[] {
  return parseDocuments("t.yaml", yaml).flatMap((document) =>
    readCloudFormation(document, { ...defaults, ...options }),
  );
}

function resource(items: readonly ScanItem[], id: string): ScannedResource["resource"] {
  const found = items.find((item): item is ScannedResource => item.kind === "resource" && item.resource.id === id);
  if (found === undefined) throw new Error(`no resource ${id} in ${JSON.stringify(items)}`);
  return found.resource;
}

/** One topic whose TopicName is the expression. */
function evaluate(
  expression: string,
  options: Partial<TemplateOptions> = {},
): { value: Json | undefined; unknown: readonly string[]; problems: string[] } {
  const items = read(
    `Parameters:
  Given: {Type: String}
  Default: {Type: String, Default: d}
  Number: {Type: Number, Default: "5"}
  List: {Type: CommaDelimitedList, Default: "a, b"}
  Ssm: {Type: "AWS::SSM::Parameter::Value<String>", Default: /path}
Mappings:
  M: {eu-west-1: {x: found}}
Conditions:
  Always: !Equals [!Ref Default, d]
  Never: !Not [!Condition Always]
  Maybe: !Equals [!Ref Given, a]
  Both: !And [!Condition Always, !Condition Maybe]
  Either: !Or [!Condition Always, !Condition Maybe]
  Self: !Not [!Condition Self]
Resources:
  Other: {Type: "AWS::SNS::Topic"}
  T:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: ${expression}
`,
    options,
  );
  const { config, unknown } = resource(items, "T");
  return {
    value: config["TopicName"],
    unknown,
    problems: items.flatMap((item) =>
      item.kind === "problem" ? [`${item.problem} ${item.line ?? 0}: ${item.message}`] : [],
    ),
  };
}

const unknown = { value: undefined, unknown: ["/config/TopicName"], problems: [] };
const known = (value: Json): object => ({ value, unknown: [], problems: [] });

describe("expressions", () => {
  test.each([
    ["!Ref Default", known("d")],
    ["!Ref Number", known(5)],
    ["!Ref List", known(["a", "b"])],
    ["!Ref Given", unknown],
    ["!Ref Ssm", unknown],
    ["!Ref Other", unknown],
    ["!GetAtt Other.TopicArn", unknown],
    ["!Sub 'a-${Default}-${!Literal}'", known("a-d-${Literal}")],
    ["!Sub ['${x}-${Default}', {x: 1}]", known("1-d")],
    ["!Sub '${Given}-x'", unknown],
    ["!Sub '${Other.TopicArn}'", unknown],
    ["!Join ['-', [a, !Ref Default]]", known("a-d")],
    ["!Join ['-', [a, !Ref Given]]", unknown],
    ["!Select [1, !Split [',', 'a,b']]", known("b")],
    ["!Select [0, [!Ref Default, !Ref Given]]", known("d")],
    ["!FindInMap [M, !Ref 'AWS::Region', x]", unknown],
    ["!If [Always, a, b]", known("a")],
    ["!If [Never, a, b]", known("b")],
    ["!If [Maybe, a, b]", unknown],
    ["!If [Both, a, b]", unknown],
    ["!If [Either, a, b]", known("a")],
    ["!If [Self, a, b]", unknown],
    ["!If [Never, a, !Ref 'AWS::NoValue']", { value: undefined, unknown: [], problems: [] }],
    ["!Base64 a", known("YQ==")],
    ["'{{resolve:ssm:x}}'", unknown],
    ["{'Fn::ToJsonString': {a: 1}}", known('{"a":1}')],
    ["{'Fn::Length': [1, 2]}", known(2)],
    ["!ImportValue x", unknown],
    ["!Ref Nowhere", { ...unknown, problems: ["unreadable 21: there is no parameter or resource Nowhere"] }],
    ["!GetAtt Nowhere.Arn", { ...unknown, problems: ["unreadable 21: there is no resource Nowhere"] }],
    ["!If [Nowhere, a, b]", { ...unknown, problems: ["unreadable 21: there is no condition Nowhere"] }],
    [
      "{'Fn::Transform': {Name: x}}",
      { ...unknown, problems: ["incomplete 21: a macro (Fn::Transform) is expanded by CloudFormation only"] },
    ],
    [
      "{'Fn::Magic': x}",
      { ...unknown, problems: ["incomplete 21: Fn::Magic is not a function that can be evaluated here"] },
    ],
  ])("%s", (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected);
  });

  test("what the user gives is known", () => {
    expect(
      evaluate("!Sub '${Given}-${AWS::Region}-${AWS::Partition}'", { parameters: { Given: "g" }, region: "eu-west-1" }),
    ).toEqual(known("g-eu-west-1-aws"));
    expect(evaluate("!FindInMap [M, !Ref 'AWS::Region', x]", { region: "eu-west-1" })).toEqual(known("found"));
  });
});

describe("satellites", () => {
  const policy = "{Type: 'AWS::S3::BucketPolicy', Properties: {Bucket: LINK, PolicyDocument: {Statement: []}}}";
  const folded = { value: { PolicyDocument: { Statement: [] } }, unknown: [] };
  const doubtful = { value: undefined, unknown: ["/config/BucketPolicy"] };
  test.each([
    ["by reference", "!Ref B", "{}", folded],
    ["by a text with nothing but the reference", "!Sub '${B}'", "{}", folded],
    ["by literal name", "logs", "{BucketName: logs}", folded],
    ["of another bucket", "!Ref C", "{}", { value: undefined, unknown: [] }],
    ["by a name that is not its", "other", "{BucketName: logs}", { value: undefined, unknown: [] }],
    ["by an unknown parameter", "!Ref P", "{}", doubtful],
    ["by something made of a reference", "!Sub '${C}-logs'", "{}", doubtful],
    ["by a name, of a bucket whose name is not known", "logs", "{BucketName: !Ref P}", doubtful],
  ])("%s", (_name, link, properties, expected) => {
    const items = read(`Parameters: {P: {Type: String}}
Resources:
  B: {Type: "AWS::S3::Bucket", Properties: ${properties}}
  C: {Type: "AWS::S3::Bucket"}
  S: ${policy.replace("LINK", link)}
`);
    const { config, unknown: pointers } = resource(items, "B");
    expect({
      value: config["BucketPolicy"],
      unknown: pointers.filter((pointer) => pointer.startsWith("/config/BucketPolicy")),
    }).toEqual(expected);
  });

  test("under a condition that is not known, the owner's property is not known", () => {
    const items = read(`Parameters: {P: {Type: String}}
Conditions: {Maybe: !Equals [!Ref P, x]}
Resources:
  G: {Type: "AWS::EC2::SecurityGroup", Properties: {SecurityGroupIngress: [{FromPort: "22"}]}}
  R: {Type: "AWS::EC2::SecurityGroupIngress", Condition: Maybe, Properties: {GroupId: !Ref G, FromPort: 1}}
`);
    expect(resource(items, "G")).toMatchObject({ config: {}, unknown: ["/config/SecurityGroupIngress"] });
  });

  test("elements are added to what the owner has, with types as the schema has them, and keep their places", () => {
    const items = read(`Resources:
  G: {Type: "AWS::EC2::SecurityGroup", Properties: {SecurityGroupIngress: [{FromPort: "22"}]}}
  R:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt G.GroupId, FromPort: 443}
`);
    expect(resource(items, "G").config).toEqual({ SecurityGroupIngress: [{ FromPort: 22 }, { FromPort: 443 }] });
    const group = items.find((item): item is ScannedResource => item.kind === "resource" && item.resource.id === "G");
    expect(group?.locate("/config/SecurityGroupIngress/0/FromPort")?.line).toBe(2);
    expect(group?.locate("/config/SecurityGroupIngress/1/FromPort")?.line).toBe(5);
    expect(group?.references).toEqual(["R"]);
  });
});

test("conditions, tags, macros and malformed resources", () => {
  const items = read(`Transform: AWS::Serverless-2016-10-31
Conditions: {Never: !Equals [a, b]}
Resources:
  Gone: {Type: "AWS::SNS::Topic", Condition: Never}
  Tagged: {Type: "AWS::SNS::Topic", Properties: {Tags: [{Key: Owner, Value: me}, {Key: __proto__, Value: x}]}}
  NoType: {Properties: {}}
`);
  expect(items.flatMap((item) => (item.kind === "resource" ? [item.resource.id] : []))).toEqual(["Tagged"]);
  expect(Object.entries(resource(items, "Tagged").tags)).toEqual([
    ["Owner", "me"],
    ["__proto__", "x"],
  ]);
  expect(
    items.flatMap((item) => (item.kind === "problem" ? [`${item.problem} ${item.line ?? 0}: ${item.message}`] : [])),
  ).toEqual([
    "incomplete 1: the template is transformed by AWS::Serverless-2016-10-31 when it is deployed; only the resources that are written here are checked",
    "unreadable 6: the resource NoType has no Type",
  ]);
});

test("a template without expressions is read as it is", () => {
  const plain = fc.dictionary(
    fc.stringMatching(/^[A-Z][a-z]{1,8}Xx$/),
    fc.oneof(fc.integer(), fc.boolean(), fc.constant("text"), fc.array(fc.integer())),
  );
  fc.assert(
    fc.property(plain, (properties) => {
      const [document] = parseDocuments(
        "t.json",
        JSON.stringify({ Resources: { A: { Type: "AWS::SNS::Topic", Properties: properties } } }),
      );
      const [item] = document === undefined ? [] : readCloudFormation(document, defaults);
      expect(item?.kind === "resource" ? item.resource.config : item).toEqual(properties);
    }),
  );
});

test.each([
  [{ AWSTemplateFormatVersion: "2010-09-09" }, true],
  [{ Resources: { A: { Type: "AWS::S3::Bucket" } } }, true],
  [{ Resources: { A: { Type: "thing" } } }, false],
  [{ Resources: {} }, false],
  [["Resources"], false],
])("%j is a template: %s", (value, expected) => {
  expect(isCloudFormation(value as Json)).toBe(expected);
});
