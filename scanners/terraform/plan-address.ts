// Addresses as Terraform writes them: `module.a["x"].aws_s3_bucket.logs[0]`.

/** One call on the way to a module instance. `key` is as written in the address (`0`, `"x"`), null without count and for_each. */
export interface ModuleStep {
  readonly name: string;
  readonly key: string | null;
}

export interface ParsedAddress {
  readonly path: readonly ModuleStep[];
  /** In its module, without instance key: `aws_s3_bucket.logs`, `data.aws_region.here`. */
  readonly block: string;
  readonly key: string | null;
  /** What follows: `.arn`, `.tags["x"]`. */
  readonly rest: string;
}

const keyPattern = String.raw`(?:\[(\d+|"(?:[^"\\]|\\.)*")\])?`;
const moduleStep = new RegExp(String.raw`^module\.([^.[\]]+)${keyPattern}(?:\.|$)`);
const blockPattern = new RegExp(String.raw`^((?:data\.)?[^.[\]]+\.[^.[\]]+)${keyPattern}`);
const mostSteps = 64;

/** Undefined for what is no resource's address: a variable, a local value, a whole module. */
export function parseAddress(text: string): ParsedAddress | undefined {
  const { path, rest } = parseModules(text);
  const match = blockPattern.exec(rest);
  const block = match?.[1];
  if (
    match === null ||
    block === undefined ||
    /^(var|local|each|count|path|terraform|self|module|ephemeral)\./.test(block)
  )
    return undefined;
  return { path, block, key: match[2] ?? null, rest: rest.slice(match[0].length) };
}

/** The leading `module.x[...]` steps, and what is left. */
export function parseModules(text: string): { path: readonly ModuleStep[]; rest: string } {
  const path: ModuleStep[] = [];
  let rest = text;
  for (let match = moduleStep.exec(rest); match !== null && path.length < mostSteps; match = moduleStep.exec(rest)) {
    path.push({ name: match[1] ?? "", key: match[2] ?? null });
    rest = rest.slice(match[0].length);
  }
  return { path, rest };
}

export function keySuffix(key: string | null): string {
  return key === null ? "" : `[${key}]`;
}

/** The address of a module instance; empty for the root. */
export function addressOf(path: readonly ModuleStep[]): string {
  return path.map(({ name, key }) => `module.${name}${keySuffix(key)}`).join(".");
}

export function within(path: readonly ModuleStep[], address: string): string {
  return path.length === 0 ? address : `${addressOf(path)}.${address}`;
}
