/** Resources as Pulumi writes them in previews and states: what its own engine shows to policy packs. */
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";
import type { DeclaredResource, ScannedResource } from "../../src/inventory/scan-item.js";
import { unknownValue, type PulumiResource } from "../../src/engine/crossguard/pulumi-resource.js";
import { Doubtful, type Value } from "./doubtful.js";
import { renderedWithDoubts } from "./properties.js";
import { parseUrn } from "./urn.js";

/** Pulumi's own marks of special values: an object with this key is not what it seems. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Properties with a doubt where a value is not known yet, or is a secret that is not shown. */
export function decoded(value: Json, at: string): Value {
  if (value === unknownValue) return new Doubtful({ kind: "unknown", pointer: at, message: "known after apply" });
  if (value === "[secret]") return hidden(at);
  if (Array.isArray(value)) return (value as readonly Json[]).map((one, index) => decoded(one, `${at}/${index}`));
  if (!isObject(value)) return value;
  const mark = own(value, signature);
  if (mark === secretSignature) return secret(value, at);
  if (mark === outputSignature) {
    const inner = own(value, "value");
    return inner === undefined ? decoded(unknownValue, at) : decoded(inner, `${at}/value`);
  }
  const object: { [key: string]: Value } = {};
  for (const [key, one] of Object.entries(value)) {
    setOwn(object, key, decoded(one, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`));
  }
  return object;
}

/** A secret is shown only where the user asked Pulumi for it (`--show-secrets`); policies see it as any value. */
function secret(value: JsonObject, at: string): Value {
  const text = own(value, "plaintext");
  if (typeof text === "string") {
    try {
      return decoded(JSON.parse(text) as Json, at);
    } catch {
      return hidden(at);
    }
  }
  const inner = own(value, "value");
  return inner === undefined ? hidden(at) : decoded(inner, `${at}/value`);
}

function hidden(at: string): Doubtful {
  return new Doubtful({ kind: "unknown", pointer: at, message: "a secret, which is not shown here" });
}

/** `declared.values`: the resource's state. */
export function stateResource(item: ScannedResource, declared: DeclaredResource): PulumiResource {
  const state = declared.values;
  const urn = declared.address;
  const { properties, doubts } = renderedWithDoubts(decoded(own(state, "inputs") ?? {}, "/raw/inputs"));
  const outputs = own(state, "outputs");
  const parent = own(state, "parent");
  return {
    urn,
    type: declared.type,
    name: parseUrn(urn)?.name ?? item.resource.name ?? urn,
    properties,
    doubts,
    ...(outputs !== undefined && { outputs: renderedWithDoubts(decoded(outputs, "/raw/outputs")).properties }),
    parent: typeof parent === "string" && parent !== "" ? parent : null,
    dependencies: textsOf(own(state, "dependencies")),
    propertyDependencies: dependenciesOf(state),
    location: declared.locate(""),
  };
}

/** The URNs that each property depends on. */
export function dependenciesOf(state: JsonObject): Map<string, readonly string[]> {
  const all = own(state, "propertyDependencies");
  return new Map(isObject(all) ? Object.entries(all).map(([name, urns]) => [name, textsOf(urns)] as const) : []);
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter((one) => typeof one === "string") : [];
}
