// Keeps secrets out of what is shown and stored.
import { pointer } from "./inventory/pointer.js";
import { isObject, own, setOwn, type Json, type JsonObject } from "./json.js";
import { cleanName, isForm, kindOfName, type NameKind } from "./redact-names.js";
import {
  isAccessKeyId,
  isBasicAuth,
  isReference,
  marker,
  withoutPatterns,
  withoutSecretKeys,
} from "./redact-patterns.js";

const secretName = /passw(or)?d|pwd|secret|token|key|credential/i;
const accessKeyId = /^(AKIA|ASIA)[A-Z0-9]{16}$/;
const reference = /^(arn:|kms:|ssm:|secretsmanager:|alias\/|\{\{|\$\{)/;
/** A parameter's path. 40 characters is what AWS's own secret keys have, and they may begin with a slash. */
const parameterPath = /^(?!.{40}$)(\/[\w.-]+)+$/;
const privateKey = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----/;
const passwordInUrl = /(:\/\/[^:@/\s]*:)[^@/\s]+@/g;

/**
 * A text as it may be kept, by the name it goes by. What looks like a secret, by its name or by itself, is replaced so that
 * it still shows that there was one; the names of secrets that are kept elsewhere stay, and so do the ids of access keys,
 * which are no secrets.
 */
export function keepable(name: string, value: string): string {
  const marker = privateKey.exec(value);
  if (marker !== null) return `-----BEGIN ${marker[1] ?? ""}PRIVATE KEY-----<redacted>`;
  const isReference = reference.test(value) || parameterPath.test(value);
  if (!secretName.test(name) || isReference || accessKeyId.test(value))
    return value.replace(passwordInUrl, "$1<redacted>@");
  // A short value stays a short one: it may be too short to be a secret at all.
  return value.length < 10 ? "*".repeat(value.length) : "<redacted>";
}

export interface Redaction {
  readonly value: Json;
  /** JSON Pointers to what was replaced; at most 1,000. */
  readonly redacted: readonly string[];
}

/**
 * A value as it may be kept. Secrets are told by the names of properties (`MasterUserPassword`, `UserData`, environment
 * variables), by how they look, and by what stands beside them; each is replaced by `<redacted>`. The given value is not
 * changed, and returned itself where nothing is replaced.
 */
export function redactJson(value: Json): Redaction {
  const redacted: string[] = [];
  const result = redact(value, { parent: null, segment: "", depth: 0, embedded: 0, treat: "none", found: redacted });
  return { value: result, redacted };
}

/** For texts that go by no name: messages, output of tools. */
export function redactText(text: string): string {
  return withoutPatterns(text);
}

/** Why a value is looked at more closely: what it is called, or what holds it. `each`: every member, but not their names. */
type Treatment = NameKind | "variable" | "settings" | "secret-key" | "each";

/** Most places are never named: the pointer is put together only for those that are. */
interface Place {
  readonly parent: Place | null;
  readonly segment: string | number;
  readonly depth: number;
  /** How many texts of JSON it stands in. */
  readonly embedded: number;
  readonly treat: Treatment;
  readonly found: string[];
}

const maximumDepth = 200;
const maximumFound = 1_000;

function redact(value: Json, place: Place): Json {
  if (value === null || typeof value === "boolean" || value === "" || value === marker) return value;
  if (place.treat === "whole") return replaced(place);
  if (typeof value === "number") return place.treat === "password" || place.treat === "each" ? replaced(place) : value;
  if (typeof value === "string") return redactString(value, place);
  if (place.depth >= maximumDepth) return replaced(place);
  return Array.isArray(value) ? redactArray(value as readonly Json[], place) : redactObject(value as JsonObject, place);
}

function replaced(place: Place): string {
  if (place.found.length < maximumFound) place.found.push(pointerOf(place));
  return marker;
}

function pointerOf(place: Place): string {
  const segments: (string | number)[] = [];
  for (let at = place; at.parent !== null; at = at.parent) segments.push(at.segment);
  return pointer(segments.reverse());
}

function below(parent: Place, segment: string | number, treat: Treatment): Place {
  const { depth, embedded, found } = parent;
  return { parent, segment, depth: depth + 1, embedded, treat, found };
}

function redactString(value: string, place: Place): string {
  if (isSecret(value, place.treat)) return replaced(place);
  const clean = withoutPatterns(redactEmbedded(value, place));
  const result = place.treat === "secret-key" ? withoutSecretKeys(clean) : clean;
  if (result !== value) replaced(place);
  return result;
}

/** What a switch says, also where it has the name of a secret: `HttpTokens` is `required`. */
const switches = /^(?:true|false|yes|no|on|off|enabled?|disabled?|required|optional|active|inactive|\*+)$/i;

function isSecret(value: string, treat: Treatment): boolean {
  if (treat === "each") return true;
  if (treat === "auth") return isBasicAuth(value);
  if (treat !== "secret" && treat !== "password" && treat !== "variable") return false;
  if (switches.test(value) || isReference(value) || isAccessKeyId(value)) return false;
  return treat !== "variable" || !/^\d{1,5}$/.test(value);
}

/** JSON in a text, as container definitions and annotations have it. */
function redactEmbedded(text: string, place: Place): string {
  if (place.embedded >= 2 || !/^\s{0,20}[[{]/.test(text)) return text;
  let parsed: Json;
  try {
    parsed = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  const { depth, embedded } = place;
  const start = { parent: null, segment: "", depth: depth + 1, embedded: embedded + 1 };
  const inside = redact(parsed, { ...start, treat: "none", found: [] });
  return inside === parsed ? text : JSON.stringify(inside);
}

function redactArray(array: readonly Json[], place: Place): Json {
  let copy: Json[] | null = null;
  for (const [at, element] of array.entries()) {
    const inside = below(place, at, place.treat);
    const result = place.treat === "environment" ? redactVariable(element, inside) : redact(element, inside);
    if (result !== element) (copy ??= [...array])[at] = result;
  }
  return copy ?? array;
}

/** An element of a list of variables: a pair of name and value, a block, or a line. */
function redactVariable(element: Json, place: Place): Json {
  if (typeof element === "string") return redactLine(element, place);
  return redact(element, isObject(element) && !areVariables(element) ? { ...place, treat: "settings" } : place);
}

/** `NAME=value`. */
function redactLine(line: string, place: Place): string {
  const equals = line.indexOf("=");
  if (equals < 0 || !isSecret(line.slice(equals + 1), "variable"))
    return redactString(line, { ...place, treat: "none" });
  return line.length === equals + 1 ? line : line.slice(0, equals + 1) + replaced(place);
}

function redactObject(object: JsonObject, place: Place): Json {
  const changed = new Map<string, readonly [name: string, value: Json]>();
  const treatmentOf = treatmentsIn(object, place.treat);
  for (const key of Object.keys(object)) {
    const value = object[key] as Json;
    const name = cleanName(key);
    const inside = below(place, name, treatmentOf(key, value));
    const result = redact(value, inside);
    if (name !== key) replaced(inside);
    if (result !== value || name !== key) changed.set(key, [name, result]);
  }
  return changed.size === 0 ? object : withChanges(object, changed);
}

/** Two names that are one without their secrets both stay. */
function withChanges(object: JsonObject, changed: ReadonlyMap<string, readonly [string, Json]>): JsonObject {
  const copy: { [key: string]: Json } = {};
  for (const key of Object.keys(object)) {
    const [name, value] = changed.get(key) ?? [key, object[key] as Json];
    let free = name;
    for (let number = 2; Object.hasOwn(copy, free); number++) free = `${name} (${number})`;
    setOwn(copy, free, value);
  }
  return copy;
}

type TreatmentOf = (key: string, value: Json) => Treatment;

/** How each member of an object is to be treated, by its name, by what stands beside it, and by what holds the object. */
function treatmentsIn(object: JsonObject, holder: Treatment): TreatmentOf {
  const named = namedValue(object, holder);
  const isSecretManifest = own(object, "kind") === "Secret";
  const hasKeyId = Object.values(object).some((value) => typeof value === "string" && isAccessKeyId(value));
  return (key, value) => {
    if (isSecretManifest && (key === "data" || key === "stringData")) return "each";
    if (named !== null && valueNames.has(key)) return named;
    const kind = kindOfName(key);
    if (kind !== "none" && kind !== "environment") return kind;
    if (kind === "environment" || isEnvironment(key, value)) return "environment";
    if (environmentName.test(key)) return "settings";
    const inherited = inheritedTreatment(holder, key);
    return inherited === "none" && hasKeyId ? "secret-key" : inherited;
  };
}

function inheritedTreatment(holder: Treatment, key: string): Treatment {
  if (holder === "each") return "each";
  if ((holder === "environment" || holder === "settings") && /^variables$/i.test(key)) return "environment";
  if (holder === "environment") return "variable";
  if (holder === "secret" || holder === "password") return isForm(key) ? holder : "none";
  return "none";
}

const nameNames = ["Name", "name", "Key", "key", "ParameterKey", "parameterKey"];
const valueNames = new Set(["Value", "value", "ParameterValue", "parameterValue"]);
/** Kinds of CodeBuild's variables whose value is the name of a secret. */
const kept = new Set<Json>(["PARAMETER_STORE", "SECRETS_MANAGER"]);

/** Of `{"Name": "DB_PASSWORD", "Value": ".."}`: what the name says of the value. Null for what is no such pair. */
function namedValue(object: JsonObject, holder: Treatment): Treatment | null {
  const name = nameNames.map((key) => own(object, key)).find((value) => typeof value === "string");
  if (name === undefined || !Object.keys(object).some((key) => valueNames.has(key))) return null;
  if (kept.has(own(object, "Type") ?? own(object, "type") ?? null)) return "none";
  const kind = kindOfName(name);
  if (kind !== "none") return kind;
  return holder === "environment" || holder === "settings" ? "variable" : "none";
}

const environmentName = /^(?:container_?)?(?:environment|env|environ)$/i;

/** `environment` alone is also the name of a stage, and of settings that hold `EnvironmentVariables`. */
function isEnvironment(key: string, value: Json): boolean {
  if (!environmentName.test(key)) return false;
  return Array.isArray(value) || (isObject(value) && areVariables(value));
}

function areVariables(object: JsonObject): boolean {
  const names = Object.keys(object);
  return names.length > 0 && names.every((name) => /^[A-Z_][A-Z0-9_]*$/.test(name));
}
