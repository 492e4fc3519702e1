// IAM policy documents by what they mean: a list of one is its element, order says nothing, an account is its root, and names of
// actions and condition keys have no case. What only names a statement (Sid, Id) grants nothing.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { isSame, setOf } from "./canonical-text.js";

/** Own documents only: whatever else has a member `Statement` is left alone. */
export function isPolicyDocument(value: Json): value is JsonObject {
  if (!isObject(value)) return false;
  const statement = own(value, "Statement");
  return Array.isArray(statement) ? statement.every(isStatement) : isStatement(statement);
}

function isStatement(value: unknown): boolean {
  return isObject(value) && typeof own(value, "Effect") === "string";
}

export function policyForm(document: JsonObject): JsonObject {
  const statements = listOf(own(document, "Statement") ?? []).map((one) => (isObject(one) ? statementForm(one) : one));
  const version = own(document, "Version");
  return {
    // The version that a document without one has.
    Version: typeof version === "string" ? version : "2008-10-17",
    Statement: setOf(statements),
  };
}

function statementForm(statement: JsonObject): JsonObject {
  const form: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(statement)) {
    if (key === "Sid") continue;
    setOwn(form, key, memberForm(key, value));
  }
  return form;
}

function memberForm(key: string, value: Json): Json {
  if (key === "Action" || key === "NotAction") return setOf(listOf(value).map(lowerCase));
  if (key === "Resource" || key === "NotResource") return setOf(listOf(value));
  if (key === "Principal" || key === "NotPrincipal") return principalForm(value);
  return key === "Condition" ? conditionForm(value) : value;
}

function principalForm(value: Json): Json {
  if (!isObject(value)) return value;
  const form: { [key: string]: Json } = {};
  for (const [kind, names] of Object.entries(value)) {
    setOwn(form, kind, setOf(listOf(names).map((name) => (kind === "AWS" ? awsPrincipal(name) : name))));
  }
  // `{"AWS": "*"}` is everybody, as `"*"` is.
  return isSame(form, { AWS: ["*"] }) ? "*" : form;
}

function awsPrincipal(name: Json): Json {
  const text = typeof name === "number" ? String(name).padStart(12, "0") : name;
  if (typeof text !== "string") return text;
  return /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(text)?.[1] ?? text;
}

function conditionForm(value: Json): Json {
  if (!isObject(value)) return value;
  const form: { [key: string]: Json } = {};
  for (const [operator, keys] of Object.entries(value)) {
    if (!isObject(keys)) {
      setOwn(form, operator, keys);
      continue;
    }
    const lowered: { [key: string]: Json } = {};
    // Keys that differ in case only are kept as they are: which of them counts is not ours to say.
    const isUnique = new Set(Object.keys(keys).map((key) => key.toLowerCase())).size === Object.keys(keys).length;
    for (const [key, values] of Object.entries(keys))
      setOwn(lowered, isUnique ? key.toLowerCase() : key, setOf(listOf(values).map(textForm)));
    setOwn(form, operator, lowered);
  }
  return form;
}

function textForm(value: Json): Json {
  return typeof value === "boolean" || typeof value === "number" ? String(value) : value;
}

function lowerCase(value: Json): Json {
  return typeof value === "string" ? value.toLowerCase() : value;
}

function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}
