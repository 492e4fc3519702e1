// The normal form of a configuration: two that mean the same have the same. Noise is taken out here and nowhere else; what is
// noise is data (`defaults.ts`).
import { createHash } from "node:crypto";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { keepable } from "../../redact.js";
import { hiddenText } from "./hidden.js";
import { isSame, setOf } from "./canonical-text.js";
import { computedValues, orderedLists, providerDefaults } from "./defaults.js";
import { isDefaultPolicy } from "./default-policies.js";
import { isPolicyDocument, policyForm } from "./policy-document.js";
import { ruleForms } from "./security-group.js";

/** Deeper values are compared as they are. */
const deepest = 100;

interface Place {
  readonly type: string;
  readonly account: string | null;
  /** `A/B`, with `*` for elements of lists. */
  readonly place: string;
  readonly name: string;
  readonly depth: number;
}

/** Absent, empty and default values are the same: none. Idempotent. `account`: that of the resource, where it is known. */
export function normalForm(type: string, config: JsonObject, account: string | null = null): JsonObject {
  const form = formOf(config, { type, account, place: "", name: "", depth: 0 });
  return isObject(form) ? form : {};
}

/** Undefined where there is nothing. */
function formOf(value: Json, at: Place): Json | undefined {
  if (isComputed(at)) return undefined;
  const form = bareForm(value, at);
  if (form === undefined || isEmpty(form) || isDefault(form, at)) return undefined;
  return form;
}

function bareForm(value: Json, at: Place): Json | undefined {
  if (value === null || at.depth > deepest) return value ?? undefined;
  if (typeof value === "string") return textForm(value, at);
  if (Array.isArray(value)) return listForm(value as readonly Json[], at);
  if (isPolicyDocument(value)) return documentForm(value, at);
  return isObject(value) ? objectForm(value, at) : value;
}

/** A document without statements says nothing, and neither does the one that the service made itself. */
function documentForm(document: JsonObject, at: Place): JsonObject | undefined {
  const form = policyForm(document);
  const statements = own(form, "Statement");
  const isEmptyOne = Array.isArray(statements) && statements.length === 0;
  return isEmptyOne || isDefaultPolicy(form, at) ? undefined : form;
}

function objectForm(object: JsonObject, at: Place): JsonObject {
  const form: { [key: string]: Json } = {};
  const isEnvironment = at.place === "Environment/Variables";
  for (const [key, value] of Object.entries(object)) {
    if (at.place === "" && key === "Tags") continue; // compared as tags
    // What a program is given means what it takes it for: letter by letter, and nothing is not an empty text.
    const one = isEnvironment && typeof value === "string" ? keepable(key, value) : formOf(value, below(at, key));
    if (one !== undefined) setOwn(form, key, one);
  }
  return form;
}

function listForm(list: readonly Json[], at: Place): Json[] {
  const isRules = /^SecurityGroup(In|E)gress$/.test(at.place);
  const elements = (isRules ? ruleForms(list) : list).flatMap((one) => {
    const form = formOf(one, { ...below(at, "*"), name: at.name });
    return form === undefined ? [] : [form];
  });
  // What a state says twice (in a group, and in a rule of its own) is there once.
  return orderedLists.has(at.name) ? elements : setOf(elements);
}

function below(at: Place, key: string): Place {
  const { type, account, place, depth } = at;
  return { type, account, place: place === "" ? key : `${place}/${key}`, name: key, depth: depth + 1 };
}

/** Numbers and switches in text are what they say; JSON in text is its value; times are one time in whatever form. */
function textForm(text: string, at: Place): Json {
  if (at.type === "AWS::EC2::Instance" && at.place === "UserData") return userDataForm(text);
  if (/kms.*key/i.test(at.name)) return keyForm(text, at.account);
  if (text === "true" || text === "false") return text === "true";
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (/^\s{0,20}[[{]/.test(text)) return embedded(text, at);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)) return timeForm(text);
  if (/^\d{4}-\d\d-\d\d$/.test(text) && at.name.endsWith("Date")) return timeForm(text);
  return text;
}

/** Terraform's state has the SHA-1 of it; and it is better not shown. */
function userDataForm(text: string): string {
  return /^[0-9a-f]{40}$/.test(text) || text === hiddenText ? text : createHash("sha1").update(text).digest("hex");
}

/** A key by its ARN is the same key by its id, and in the same account by its alias. Of another account it is another key. */
function keyForm(text: string, account: string | null): string {
  const [, owner, key, alias] =
    /^arn:aws[\w-]*:kms:[^:]*:(\d{12}):(?:key\/([\w-]+)|(alias\/[\w/-]+))$/.exec(text) ?? [];
  if (owner !== account && account !== null) return text;
  return key ?? (account === null ? undefined : alias) ?? text;
}

function timeForm(text: string): string {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString();
}

function embedded(text: string, at: Place): Json {
  try {
    const value = JSON.parse(text) as Json;
    return tooDeep(value) || losesDigits(value) ? text : (bareForm(value, at) ?? null);
  } catch {
    return text;
  }
}

/** Without recursion: whoever wrote the text decides how deep it is. */
function tooDeep(value: Json): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) return true;
    level = level.flatMap((one) => (Array.isArray(one) ? (one as Json[]) : isObject(one) ? Object.values(one) : []));
  }
  return false;
}

/** Two large numbers may be one when they are read. */
function losesDigits(value: Json): boolean {
  if (typeof value === "number") return Math.abs(value) > Number.MAX_SAFE_INTEGER;
  return value !== null && typeof value === "object" && Object.values(value).some(losesDigits);
}

function isEmpty(value: Json): boolean {
  if (value === null || value === "") return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function isComputed({ type, place }: Place): boolean {
  const places = own(computedValues, type);
  return places !== undefined && place !== "" && (places.includes(place) || places.includes("*"));
}

function isDefault(value: Json, { type, place }: Place): boolean {
  const values = own(own(providerDefaults, type) ?? {}, place);
  return values?.some((one) => isSame(one, value)) === true;
}
