/**
 * Terraform's argument names and Pulumi's property names. Pulumi's bridge writes names in camel case, in the plural where
 * an argument holds many and in the singular where it holds one; which of them it is, the table of inputs tells.
 */
import { own } from "../../src/json.js";
import type { Inputs, PropertyType } from "./schema.js";

/** What the provider calls otherwise, where there is no input of the regular name. */
const irregular: { readonly [argument: string]: readonly string[] } = {
  account_id: ["account"],
  alarm_name: ["name"],
  deployment_id: ["deployment"],
  function_name: ["function", "name"],
  rest_api_id: ["restApi"],
  topic_arn: ["topic"],
};

/** The properties that an argument becomes: mostly one; two where versions of the provider called it differently. */
export function propertiesOfArgument(argument: string, inputs: Inputs): string[] {
  const exact = camelCase(argument);
  const others = [...plurals(exact), ...singulars(exact), ...(own(irregular, argument) ?? [])];
  const isThere = (name: string): boolean => Object.hasOwn(inputs, name);
  if (!isThere(exact)) return others.filter(isThere).slice(0, 1);
  // A block that one version holds once and another as a list: policies know one or the other.
  const both = plurals(exact).filter((name) => isThere(name) && isObjectType(inputs[exact]) && isList(inputs[name]));
  return [exact, ...both];
}

/** The argument that a property is, among some arguments; `undefined` where none of them is. */
export function argumentOfProperty(property: string, inputs: Inputs, among: readonly string[]): string | undefined {
  return among.find((argument) => propertiesOfArgument(argument, inputs).includes(property));
}

export function camelCase(argument: string): string {
  return argument.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `snake_case`, as Pulumi's bridge writes it where it knows no name. */
export function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function plurals(name: string): string[] {
  const found = [`${name}s`, `${name}es`];
  return name.endsWith("y") ? [...found, `${name.slice(0, -1)}ies`] : found;
}

function singulars(name: string): string[] {
  if (name.endsWith("ies")) return [`${name.slice(0, -3)}y`];
  if (name.endsWith("ses")) return [name.slice(0, -2), name.slice(0, -1)];
  return name.endsWith("s") ? [name.slice(0, -1)] : [];
}

function isObjectType(type: PropertyType | undefined): boolean {
  return typeof type === "object" && "object" in type;
}

function isList(type: PropertyType | undefined): boolean {
  return typeof type === "object" && "list" in type;
}
