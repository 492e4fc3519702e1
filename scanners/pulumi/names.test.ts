import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { services } from "../terraform/mapping/index.js";
import { text, type Shape } from "../terraform/mapping/shape.js";
import { coverageOf } from "./arguments.js";
import { argumentOfProperty, camelCase, propertiesOfArgument, snakeCase } from "./names.js";
import type { Coverage } from "./properties.js";
import { knownTerraformTypes, pulumiTypeOf, type Inputs, type PropertyType } from "./schema.js";

/** Arguments that the mapping reads and Pulumi has no input for, each with its reason. */
const withoutInput = new Map([
  ["aws_instance.root_block_device.snapshot_id", "the image gives it"],
  ["aws_default_subnet.vpc_id", "AWS gives it"],
  ["aws_default_subnet.cidr_block", "AWS gives it"],
  ["aws_default_vpc.cidr_block", "AWS gives it"],
  ["aws_default_vpc.instance_tenancy", "AWS gives it"],
  ["aws_default_network_acl.vpc_id", "AWS gives it"],
  ["aws_default_security_group.description", "AWS gives it"],
  ["aws_iam_access_key.id", "AWS gives it"],
  ["aws_rds_cluster_instance.storage_encrypted", "the cluster says it"],
  ["aws_rds_cluster_instance.kms_key_id", "the cluster says it"],
  ["aws_redshift_cluster.logging.log_destination_type", "a resource of its own says it since version 7"],
  ["aws_secretsmanager_secret.rotation_rules.schedule_expression", "a resource of its own says it"],
  ["aws_secretsmanager_secret.rotation_rules.duration", "a resource of its own says it"],
  ["aws_security_group_rule.security_groups", "the group's own blocks have it"],
]);

/** Each argument that a mapping reads, with the inputs that it is among. */
function* read(coverage: Coverage, inputs: Inputs, at: string): Generator<readonly [string, string, Inputs]> {
  for (const [argument, inner] of coverage) {
    yield [`${at}.${argument}`, argument, inputs];
    const [property] = propertiesOfArgument(argument, inputs);
    const type = property === undefined ? undefined : objectOf(inputs[property]);
    if (inner !== null && type !== undefined) yield* read(inner, type, `${at}.${argument}`);
  }
}

function objectOf(type: PropertyType | undefined): Inputs | undefined {
  if (typeof type !== "object") return undefined;
  if ("object" in type) return type.object;
  return "list" in type ? objectOf(type.list) : undefined;
}

const mapped = services.flatMap(({ types, satellites }) =>
  [...types, ...satellites.map((one) => ({ ...one, properties: { ...linked(one.links), ...one.properties } }))].flatMap(
    ({ terraform, properties }) => terraform.map((type) => [type, coverageOf(properties)] as const),
  ),
);

function linked(links: readonly string[]): Shape {
  return Object.fromEntries(links.map((link) => [`link ${link}`, text(link)]));
}

describe("names of arguments and properties", () => {
  test("every Terraform type that is mapped is a Pulumi type", () => {
    expect(mapped.map(([type]) => type).filter((type) => pulumiTypeOf(type) === undefined)).toEqual([]);
    expect(knownTerraformTypes().length).toBeGreaterThan(130);
  });

  test("every argument that a mapping reads has a property", () => {
    const missing = mapped.flatMap(([type, coverage]) =>
      [...read(coverage, pulumiTypeOf(type)?.inputs ?? {}, type)]
        .filter(([, argument, inputs]) => propertiesOfArgument(argument, inputs).length === 0)
        .map(([at]) => at),
    );
    expect([...new Set(missing)].filter((at) => !withoutInput.has(at))).toEqual([]);
  });

  test("no two arguments that a mapping reads become one property", () => {
    for (const [type, coverage] of mapped) {
      const inputs = pulumiTypeOf(type)?.inputs ?? {};
      const names = [...coverage.keys()].flatMap((argument) => propertiesOfArgument(argument, inputs));
      expect(names, type).toEqual([...new Set(names)]);
    }
  });

  test("an argument is found again from its property", () => {
    for (const [type, coverage] of mapped) {
      const inputs = pulumiTypeOf(type)?.inputs ?? {};
      for (const argument of coverage.keys()) {
        for (const property of propertiesOfArgument(argument, inputs)) {
          expect(argumentOfProperty(property, inputs, [...coverage.keys()]), `${type}.${property}`).toBe(argument);
        }
      }
    }
  });

  test("camel case and snake case are each other's inverse", () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9]*$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const letters = words.map((one) => one.replace(/\d/g, ""));
        fc.pre(letters.every((one) => one !== ""));
        expect(snakeCase(camelCase(letters.join("_")))).toBe(letters.join("_"));
      }),
    );
  });
});
