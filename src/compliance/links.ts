// Links that lead from a finding to where it can be looked at: templates of the user's, filled with what we know.
import type { Finding } from "../store/findings.js";

/** Addresses with names in braces: `https://portcullis.example.com/findings/{fingerprint}`. */
export interface LinkTemplates {
  readonly finding?: string | undefined;
  readonly resource?: string | undefined;
  readonly code?: string | undefined;
}

export interface FindingLinks {
  readonly finding: string | null;
  readonly resource: string | null;
  /** Null where the finding has no place in a file. */
  readonly code: string | null;
}

/** The names that a template may use; what fills them is encoded, so it cannot lead elsewhere. */
export const linkNames = ["fingerprint", "policy", "id", "name", "type", "account", "region", "file", "line"] as const;

export function linksOf(finding: Finding, templates: LinkTemplates): FindingLinks {
  const { resource, location } = finding;
  const values: Readonly<Record<string, string | number | null>> = {
    ...{ fingerprint: finding.fingerprint, policy: finding.policy },
    ...{ id: resource.id, name: resource.name, type: resource.type },
    ...{ account: resource.account, region: resource.region },
    ...{ file: location?.file ?? null, line: location?.line ?? null },
  };
  const fill = (template: string | undefined): string | null =>
    template === undefined ? null : filled(template, values);
  return { finding: fill(templates.finding), resource: fill(templates.resource), code: fill(templates.code) };
}

/** Null where a name of the template has no value. */
function filled(template: string, values: Readonly<Record<string, string | number | null>>): string | null {
  const names = (template.match(/\{[a-z]+\}/g) ?? []).map((name) => name.slice(1, -1));
  if (names.some((name) => (values[name] ?? null) === null)) return null;
  return template.replace(/\{([a-z]+)\}/g, (_, name: string) => {
    const value = String(values[name]);
    return name === "file" ? value.split("/").map(encoded).join("/") : encoded(value);
  });
}

/** A path may not climb, and a lone surrogate has no encoding. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/^\.+$/, (dots) => "%2E".repeat(dots.length));
}
