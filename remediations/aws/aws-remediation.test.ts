// What a plan of live remediations looks at besides the one property: other changes that wait, and lists that have no order.
import { describe, expect, test } from "vitest";
import { Unfixable } from "../../src/actions/remediation/remediation.js";
import type { Verdict } from "../../src/engine/verdict.js";
import type { Resource } from "../../src/inventory/resource.js";
import type { Json, JsonObject } from "../../src/json.js";
import { awsRemediations } from "./index.js";

const remediation = (id: string) => awsRemediations.find((one) => one.id === id)!;
const resource = (type: string, config: JsonObject, raw: JsonObject): Resource =>
  ({ id: "arn:aws:x:::x", type, name: "x", config, raw }) as unknown as Resource;
const failing = (...paths: string[]) => [{ reasons: paths.map((path) => ({ path })) }] as unknown as Verdict[];

describe("a database with changes that wait for its maintenance window", () => {
  const database = (answer: string, pending: JsonObject) =>
    resource("AWS::RDS::DBInstance", { MultiAZ: false }, { [answer]: { PendingModifiedValues: pending } });

  test.each(["DescribeDBInstances", "DescribeDBClusters"])("%s: is left, since they would come along", (answer) => {
    const plan = () => remediation("aws-rds-multi-az").plan(database(answer, { DBInstanceClass: "db.m5.4xlarge" }), []);
    expect(plan).toThrow(Unfixable);
    expect(plan).toThrow("DBInstanceClass");
  });

  test("without any: is changed", () => {
    const plan = remediation("aws-rds-multi-az").plan(database("DescribeDBInstances", {}), []);
    expect(plan).toMatchObject({ value: { value: true }, former: { value: false } });
  });
});

describe("what comes back in another order is as it was", () => {
  const statement = (Sid: string, Action: string): JsonObject => {
    return { Sid, Effect: "Allow", Principal: "*", Action, Resource: "r" };
  };
  const rule = (CidrIp: string): JsonObject => ({ IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp });
  const grant = (uri: string): JsonObject => {
    return { Grantee: { URI: `http://acs.amazonaws.com/groups/global/${uri}` }, Permission: "READ" };
  };
  const makers: Record<string, (turned: boolean) => Resource> = {
    "aws-lambda-no-public-permission": (turned) => {
      const all = turn([statement("b", "lambda:InvokeFunction"), statement("a", "lambda:GetFunction")], turned);
      const Policy = JSON.stringify({ Version: "2012-10-17", Statement: all });
      return resource("AWS::Lambda::Function", {}, { GetPolicy: { Policy } });
    },
    "aws-ec2-no-public-ssh": (turned) => {
      const rules = turn([rule("0.0.0.0/0"), rule("0.0.0.0/1")], turned);
      return resource("AWS::EC2::SecurityGroup", { SecurityGroupIngress: rules }, {});
    },
    "aws-s3-no-public-acl": (turned) => {
      const Grants = turn([grant("AllUsers"), grant("AuthenticatedUsers")], turned);
      return resource("AWS::S3::Bucket", {}, { GetBucketAcl: { Grants, Owner: { ID: "o" } } });
    },
  };
  const turn = (list: readonly JsonObject[], turned: boolean): Json[] => (turned ? list.toReversed() : [...list]);
  const places = ["/config/Permissions", "/config/SecurityGroupIngress"];
  const failed = failing(...places.flatMap((place) => [`${place}/0`, `${place}/1`]));

  test.each(Object.keys(makers))("%s", (id) => {
    const [one, other] = [makers[id]!(false), makers[id]!(true)];
    const { value } = remediation(id).plan(one, failed)!;
    expect(JSON.stringify(remediation(id).property(one, value))).toMatch(/"(0\.0\.0\.0\/0|a)"|AllUsers/);
    expect(remediation(id).property(other, value)).toEqual(remediation(id).property(one, value));
  });
});
