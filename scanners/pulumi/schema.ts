/** The inputs of Pulumi's resource types, and what Terraform's types are called there: data, read when it is first asked for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/package-root.js";
import { own } from "../../src/json.js";

export type PropertyType =
  | "string"
  | "number"
  | "boolean"
  | "any"
  | { readonly list: PropertyType }
  | { readonly map: PropertyType }
  | { readonly object: Inputs };

/** The inputs of a resource, or the properties of an object in them, by name. */
export interface Inputs {
  readonly [name: string]: PropertyType;
}

export interface PulumiType {
  readonly token: string;
  /** Other tokens of the same type, which older programs and packs use. */
  readonly aliases: readonly string[];
  readonly inputs: Inputs;
}

interface TypeTable {
  readonly types: { readonly [terraform: string]: { readonly token: string; readonly aliases?: readonly string[] } };
}

interface InputTable {
  readonly resources: { readonly [token: string]: Inputs };
}

const types = lazily(() => tableOf("terraform-types.json") as TypeTable);
const resources = lazily(() => tableOf("aws.json") as InputTable);

function tableOf(file: string): unknown {
  return JSON.parse(readFileSync(join(packageRoot, "scanners", "pulumi", "schema", file), "utf8"));
}

function lazily<T>(read: () => T): () => T {
  let held: T | undefined;
  return () => (held ??= read());
}

/** What a Terraform type is in Pulumi, or undefined where there is no table of it. */
export function pulumiTypeOf(terraform: string): PulumiType | undefined {
  const found = own(types().types, terraform);
  const inputs = found && own(resources().resources, found.token);
  return found && inputs && { token: found.token, aliases: found.aliases ?? [], inputs };
}

/** All Terraform types that there is a table of. */
export function knownTerraformTypes(): string[] {
  return Object.keys(types().types).filter((type) => pulumiTypeOf(type) !== undefined);
}

/** The Terraform type of a Pulumi type, the other names of types included. */
export function terraformTypeOf(token: string): string | undefined {
  return tokens().get(token);
}

const tokens = lazily(() => {
  const byToken = new Map<string, string>();
  for (const [terraform, { token, aliases = [] }] of Object.entries(types().types)) {
    for (const name of [token, ...aliases]) if (!byToken.has(name)) byToken.set(name, terraform);
  }
  return byToken;
});
