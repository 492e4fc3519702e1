import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../json.js";
import type { ConfigSchema, EnforcementLevel, PackInfo, PolicyConfiguration, PolicyInfo } from "./analyzer-client.js";
import { reconcileConfiguration } from "./pack-configuration.js";

function policy(
  name: string,
  enforcementLevel: EnforcementLevel,
  configSchema: ConfigSchema | null = null,
): PolicyInfo {
  return {
    name,
    enforcementLevel,
    configSchema,
    displayName: "",
    description: "",
    kind: "resource",
    severity: null,
    framework: null,
    tags: [],
    remediationSteps: "",
    url: "",
  };
}

function schema(properties: JsonObject, required: string[] = []): ConfigSchema {
  return { properties, required };
}

function pack(policies: PolicyInfo[], initial: Record<string, PolicyConfiguration> = {}): PackInfo {
  return {
    name: "pack",
    version: "1.0.0",
    displayName: "",
    description: "",
    policies,
    initialConfig: new Map(Object.entries(initial)),
  };
}

/** `level {properties}` by policy. */
function reconciled(info: PackInfo, given: JsonObject): Record<string, unknown> {
  return Object.fromEntries(
    [...reconcileConfiguration(info, given)].map(([name, { enforcementLevel, properties }]) => [
      name,
      `${enforcementLevel ?? "none"} ${JSON.stringify(properties)}`,
    ]),
  );
}

const withDefault = schema({ foo: { type: "string", default: "bar" } });

// The cases of the Pulumi engine's own tests (pkg/resource/analyzer/config_test.go).
describe("configuration as the Pulumi engine builds it", () => {
  test.each<[string, PackInfo, JsonObject, Record<string, string>]>([
    ["the policy's own level", pack([policy("p", "mandatory")]), {}, { p: "mandatory {}" }],
    ["the given level", pack([policy("p", "mandatory")]), { p: "advisory" }, { p: "advisory {}" }],
    [
      "a level in an object",
      pack([policy("p", "mandatory")]),
      { p: { enforcementLevel: "advisory" } },
      { p: "advisory {}" },
    ],
    [
      "`all` for every policy",
      pack([policy("one", "advisory"), policy("two", "mandatory")]),
      { all: "disabled" },
      { one: "disabled {}", two: "disabled {}" },
    ],
    [
      "a policy's level wins over `all`",
      pack([policy("p", "disabled")]),
      { all: "mandatory", p: "advisory" },
      { p: "advisory {}" },
    ],
    [
      "`all` wins whatever the order",
      pack([policy("p", "disabled")]),
      { p: "advisory", all: "mandatory" },
      { p: "advisory {}" },
    ],
    ["defaults of the schema", pack([policy("p", "advisory", withDefault)]), {}, { p: 'advisory {"foo":"bar"}' }],
    [
      "given over default",
      pack([policy("p", "advisory", withDefault)]),
      { p: { foo: "x" } },
      { p: 'advisory {"foo":"x"}' },
    ],
    [
      "given besides default",
      pack([policy("p", "advisory", schema({ foo: { default: 1 }, bar: { type: "number" } }))]),
      { p: { bar: 2 } },
      { p: 'advisory {"foo":1,"bar":2}' },
    ],
    [
      "defaults that are falsy",
      pack([policy("p", "advisory", schema({ a: { default: false }, b: { default: 0 }, c: { default: "" }, d: {} }))]),
      {},
      { p: 'advisory {"a":false,"b":0,"c":""}' },
    ],
    [
      "the pack's initial configuration over defaults",
      pack([policy("p", "advisory", withDefault)], {
        p: { enforcementLevel: "mandatory", properties: { foo: "initial" } },
      }),
      {},
      { p: 'mandatory {"foo":"initial"}' },
    ],
    [
      "the user's over the initial",
      pack([policy("p", "advisory", withDefault)], {
        p: { enforcementLevel: "mandatory", properties: { foo: "initial" } },
      }),
      { p: { foo: "user" } },
      { p: 'mandatory {"foo":"user"}' },
    ],
    [
      "the user's `all` over the initial level of a policy",
      pack([policy("p", "advisory")], { p: { enforcementLevel: "mandatory", properties: {} } }),
      { all: "disabled" },
      { p: "disabled {}" },
    ],
    [
      "the initial `all`",
      pack([policy("p", "advisory"), policy("q", "disabled")], {
        all: { enforcementLevel: "mandatory", properties: {} },
      }),
      { q: "advisory" },
      { p: "mandatory {}", q: "advisory {}" },
    ],
  ])("%s", (_, info, given, expected) => {
    expect(reconciled(info, given)).toEqual(expected);
  });

  test.each<[string, PackInfo, JsonObject, RegExp]>([
    [
      "what is required is missing",
      pack([policy("p", "advisory", schema({ foo: {} }, ["foo"]))]),
      {},
      /p: must have required property 'foo'/,
    ],
    [
      "a default of the wrong type",
      pack([policy("p", "advisory", schema({ foo: { type: "string", default: 1 } }))]),
      {},
      /p: foo must be string/,
    ],
    [
      "a default that is too long",
      pack([policy("p", "advisory", schema({ foo: { type: "string", maxLength: 3, default: "long" } }))]),
      {},
      /p: foo must NOT have more than 3/,
    ],
    [
      "a wrong type",
      pack([policy("p", "advisory", schema({ foo: { type: "string" } }))]),
      { p: { foo: 1 } },
      /p: foo must be string/,
    ],
    [
      "no value of the enum",
      pack([policy("p", "advisory", schema({ foo: { enum: ["a"] } }))]),
      { p: { foo: "b" } },
      /p: foo must be equal to one of/,
    ],
    [
      "deep below",
      pack([policy("p", "advisory", schema({ foo: { properties: { bar: { type: "number" } } } }))]),
      { p: { foo: { bar: "x" } } },
      /p: foo.bar must be number/,
    ],
    ["an unknown policy", pack([policy("p", "advisory")]), { q: "mandatory" }, /q: the pack has no such policy/],
    [
      "an unknown property",
      pack([policy("p", "advisory", withDefault)]),
      { p: { fo: 1 } },
      /p: no property fo; it has foo/,
    ],
    [
      "an unknown level",
      pack([policy("p", "advisory")]),
      { p: "fatal" },
      /"fatal" is no enforcement level; there are advisory/,
    ],
    [
      "a level that is no text",
      pack([policy("p", "advisory")]),
      { all: { enforcementLevel: 1 } },
      /all: 1 is no enforcement level/,
    ],
    ["a list", pack([policy("p", "advisory")]), { p: [] }, /p: expected an enforcement level or an object/],
    [
      "a schema that is none",
      pack([policy("p", "advisory", schema({ foo: { type: "text" } }))]),
      {},
      /p: the pack's own schema is not valid/,
    ],
  ])("is refused: %s", (_, info, given, expected) => {
    expect(() => reconcileConfiguration(info, given)).toThrow(expected);
  });

  test("all problems at once, with the name of the pack", () => {
    const info = pack([policy("p", "advisory", schema({ foo: { type: "string" }, bar: { type: "number" } }))]);
    expect(() => reconcileConfiguration(info, { p: { foo: 1, bar: "x" } })).toThrow(
      /policy pack pack .*\n.*foo.*\n.*bar/,
    );
  });
});
