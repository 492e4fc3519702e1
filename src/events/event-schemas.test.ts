// Every type has a schema and an example that is valid; an example with one thing wrong is not.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../json.js";
import { incomingTypes, outgoingTypes, type CloudEvent, type EventType } from "./cloud-event.js";
import { dataFault, readSchema } from "./event-schemas.js";
import { parseCloudEvent } from "./parse-event.js";
import { schemaId } from "./schema-id.js";

const folder = new URL("schemas/", import.meta.url);
const types: readonly EventType[] = [...outgoingTypes, ...incomingTypes];
const exampleText = (type: EventType): string => readFileSync(new URL(`examples/${type}.json`, folder), "utf8");
const example = (type: EventType): CloudEvent => JSON.parse(exampleText(type)) as CloudEvent;

it("has a schema and an example for each type, and no others", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  expect(files.sort()).toEqual(types.map((type) => `${type}.schema.json`).sort());
  const examples = readdirSync(new URL("examples/", folder));
  expect(examples.sort()).toEqual(types.map((type) => `${type}.json`).sort());
});

describe.each(types)("%s", (type) => {
  const { data } = example(type);
  const properties = (readSchema(type) as { properties: Record<string, object> }).properties;

  it("is described, and its example is an event", () => {
    expect(readSchema(type)).toMatchObject({ $id: schemaId(type), title: type, type: "object" });
    expect(parseCloudEvent(Buffer.from(exampleText(type)))).toEqual(example(type));
    expect(example(type)).toMatchObject({ type, dataschema: schemaId(type) });
    expect(dataFault(type, data)).toBeNull();
    expect(Object.keys(data).filter((name) => !(name in properties))).toEqual([]);
  });

  it("takes nothing away", () => {
    const { required } = readSchema(type) as { required: string[] };
    for (const name of required) {
      const { [name]: _, ...rest } = data;
      expect(dataFault(type, rest), name).toContain(name);
    }
  });

  it("takes no value of another kind", () => {
    for (const name of Object.keys(data))
      expect(dataFault(type, { ...data, [name]: { no: [true] } }), name).not.toBeNull();
    for (const wrong of [null, [], "text", 1]) expect(dataFault(type, wrong)).not.toBeNull();
  });

  it("is strict where we send, and takes more where we receive", () => {
    const isOurs = (outgoingTypes as readonly string[]).includes(type);
    const more = { ...data, addedLater: { by: "others" } };
    expect(dataFault(type, more) === null).toBe(!isOurs);
  });

  it("bounds every text and every list", () => {
    for (const [where, schema] of walk(readSchema(type) as JsonObject)) {
      const kinds = [schema["type"]].flat();
      if (kinds.includes("array")) expect(schema, where).toHaveProperty("maxItems");
      if (kinds.includes("string") && schema["enum"] === undefined && schema["pattern"] === undefined)
        expect(schema, where).toHaveProperty("maxLength");
      if (where !== "") expect(schema, where).toHaveProperty("description");
    }
  });
});

function* walk(schema: JsonObject, where = ""): Generator<[string, JsonObject]> {
  const { properties, items } = schema;
  const isListItem = where.endsWith("/items") && schema["type"] === "object";
  if (!isListItem) yield [where, schema];
  if (isObject(items)) yield* walk(items, `${where}/items`);
  if (isObject(properties))
    for (const [name, child] of Object.entries(properties)) if (isObject(child)) yield* walk(child, `${where}/${name}`);
}

it("is documented in docs/events.md", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/events.md");
});

/** The page is made of the schemas: `npx vitest run --update=all src/events/event-schemas.test.ts` writes it. */
function page(): string {
  const sections = [
    "# Events",
    "CloudEvents 1.0 in JSON, in structured mode, on Apache Pulsar. The JSON Schema of each event's `data` is in `src/events/schemas`, an",
    "example beside it. Delivery is at least once: `source` and `id` together are stable and tell repeats. `partitionkey` is the message's",
    "key, and events of one key stay in order. `decisionid` names the decision that let it happen, `traceparent` the W3C trace.",
    "",
    "What is received needs `specversion`, `id`, `source`, `type`, `time` and `data`, at most 1 MiB, nested at most 64 deep, no name twice. Anything",
    "else becomes a dead letter with the reason.",
    "",
    "## Sent",
    ...outgoingTypes.flatMap(section),
    "## Received",
    ...incomingTypes.flatMap(section),
  ];
  return `${sections.join("\n")}\n`;
}

function section(type: EventType): string[] {
  const schema = readSchema(type) as JsonObject;
  const rows = [...fields(schema)];
  const table = ["| field | type | what |", "| --- | --- | --- |", ...rows.map((row) => `| ${row.join(" | ")} |`)];
  return [`### ${type}`, schema["description"] as string, "", ...table, ""];
}

function* fields(schema: JsonObject, before = ""): Generator<string[]> {
  const required = (schema["required"] ?? []) as readonly string[];
  for (const [name, child] of Object.entries(schema["properties"] ?? {}) as [string, JsonObject][]) {
    const kinds =
      (child["enum"] as readonly (string | null)[] | undefined)?.map(String) ?? [child["type"]].flat().map(String);
    const optional = required.includes(name) ? "" : " (optional)";
    yield [`\`${before}${name}\``, `${kinds.join(", ")}${optional}`, child["description"] as string];
    yield* fields(child, `${before}${name}.`);
    if (isObject(child["items"])) yield* fields(child["items"], `${before}${name}[].`);
  }
}
