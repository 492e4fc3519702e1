import { describe, expect, test } from "vitest";
import type { CloudEvent } from "../events/cloud-event.js";
import type { JsonObject } from "../json.js";
import { eventMappings, mappingFor, parametersFor } from "./event-mapping.js";

const event: CloudEvent = {
  ...{ specversion: "1.0", id: "1", source: "/ci", type: "ScalingRequestEvent", time: "2026-01-01T00:00:00Z" },
  datacontenttype: "application/json",
  data: JSON.parse(
    '{"desired":3,"target":{"component":"web","environment":"staging"},"__proto__":{"a":1}}',
  ) as JsonObject,
};
const mapping = (more: object = {}) =>
  eventMappings.parse([
    { name: "scale", event: "ScalingRequestEvent", kind: "scaling.set", parameters: {}, ...more },
  ])[0]!;

describe("which mapping", () => {
  test.each<[string, object, boolean]>([
    ["of the type", {}, true],
    ["of another", { event: "DeploymentRequirementsEvent" }, false],
    ["with a value", { where: { "/data/target/environment": "staging" } }, true],
    ["with another value", { where: { "/data/target/environment": "production" } }, false],
    ["of which one does not fit", { where: { "/data/desired": 3, "/data/x": 1 } }, false],
    ["a number is no text", { where: { "/data/desired": "3" } }, false],
  ])("%s", (_name, more, fits) => {
    expect(mappingFor(event, [mapping(more)]) !== null).toBe(fits);
  });
});

describe("the parameters", () => {
  test.each<[string, object, unknown]>([
    ["as they are", { a: [1, { b: null }] }, { a: [1, { b: null }] }],
    [
      "from the event",
      { count: { $event: "/data/desired" }, all: [{ $event: "/data/target" }] },
      { count: 3, all: [event.data["target"]] },
    ],
    [
      "more than a pointer is an object",
      { a: { $event: "/data/desired", b: 1 } },
      { a: { $event: "/data/desired", b: 1 } },
    ],
  ])("%s", (_name, parameters, expected) => {
    expect(parametersFor(event, mapping({ parameters }))).toEqual(expected);
  });

  test.each(["/data/none", "/data/constructor", "/data/toString/name"])("%s is not there", (at) => {
    expect(() => parametersFor(event, mapping({ parameters: { a: { $event: at } } }))).toThrow(
      `the event has no ${at}`,
    );
  });

  test("a template of the event's own is a value", () => {
    const nested = { ...event, data: { desired: { $event: "/data/secret" }, secret: "x" } };
    expect(parametersFor(nested, mapping({ parameters: { a: { $event: "/data/desired" } } }))).toEqual({
      a: { $event: "/data/secret" },
    });
  });
});

test.each<[string, object]>([
  ["a name twice", [{}, {}]],
  ["an event that asks for nothing", [{ event: "HealthStatusEvent" }]],
  ["a pointer that is none", [{ where: { data: 1 } }]],
  ["a name that is a sentence", [{ name: "Scale it" }]],
])("%s is refused", (_name, list) => {
  const all = (list as object[]).map((one) => ({
    name: "scale",
    event: "ScalingRequestEvent",
    kind: "k",
    parameters: {},
    ...one,
  }));
  expect(eventMappings.safeParse(all).success).toBe(false);
});
