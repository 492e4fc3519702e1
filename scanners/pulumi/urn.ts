/** `urn:pulumi:STACK::PROJECT::TYPE::NAME`; a name may hold `::`, as ARNs do. */
export function urnOf(type: string, name: string): string {
  return `urn:pulumi:inventory::portcullis::${type}::${name}`;
}

export interface UrnParts {
  readonly stack: string;
  readonly project: string;
  /** The last of the qualified types: `parent$child` has its parents' types before it. */
  readonly type: string;
  readonly name: string;
}

export function parseUrn(urn: string): UrnParts | null {
  const match = /^urn:pulumi:([^:]*)::([^:]*)::(.+?)::(.*)$/s.exec(urn);
  if (match === null) return null;
  const [, stack = "", project = "", qualified = "", name = ""] = match;
  return { stack, project, type: qualified.slice(qualified.lastIndexOf("$") + 1), name };
}
