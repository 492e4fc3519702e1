// Pieces that both documents are made of: identifiers, properties, metadata, resources.
import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../json.js";
import type { OscalBaseline, OscalFile, OscalInput } from "./oscal-input.js";
import { instant, markup, paragraphs, plain, relativeHref, webHref } from "./oscal-text.js";

/** Documents are valid by the schemas of this version and of those after it. */
export const oscalVersion = "1.2.1";
/** The naming system of our own properties and facets. */
export const portcullisNs = "https://portcullis.dev/ns/oscal";
/** What compliance-trestle calls the rules of a component; other tools read the same. */
export const trestleNs = "https://oscal-compass.github.io/compliance-trestle/schemas/oscal/cd";
/** Files beyond this many are left to the package's manifest. */
const maxFiles = 5_000;

/** The version 5 UUID of `portcullisNs` among URLs. */
const uuidNamespace = Buffer.from("9a71bdfb827a544dacb3290e67477c4c", "hex");

/** UUID of version 5 (RFC 9562): the same names give the same UUID, everywhere. */
export function uuid(kind: string, ...names: readonly (string | null)[]): string {
  const hash = createHash("sha1")
    .update(uuidNamespace)
    .update(JSON.stringify([kind, ...names]))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}

/** OSCAL has no empty lists: the property is left out. */
export function some(name: string, items: readonly Json[]): JsonObject {
  return items.length === 0 ? {} : { [name]: items };
}

/** The properties that have a value, in our namespace. */
export function props(values: { readonly [name: string]: string | number | null }): { readonly props?: JsonObject[] } {
  const items = Object.entries(values).flatMap(([name, value]) =>
    value === null || value === "" ? [] : [{ name, ns: portcullisNs, value: plain(String(value)) }],
  );
  return items.length === 0 ? {} : { props: items };
}

export const toolParty = uuid("party", "portcullis");
export const roles = { assessor: "assessor", approver: "approver", requester: "requester" } as const;

export function personParty(name: string): string {
  return uuid("party", "person", name);
}

export function metadata(input: OscalInput, title: string): JsonObject {
  const people = [...new Set(input.waivers.flatMap(({ approver, requester }) => [approver, requester]))];
  const named = people.filter((name): name is string => name !== null);
  return {
    title: markup(title),
    "last-modified": instant(input.generatedAt) ?? "1970-01-01T00:00:00Z",
    version: plain(input.generatedAt),
    "oscal-version": oscalVersion,
    ...props({ tool: input.tool.name, "tool-version": input.tool.version }),
    roles: [
      { id: roles.assessor, title: "Assessor" },
      { id: roles.approver, title: "Approver of waivers" },
      { id: roles.requester, title: "Requester of waivers" },
    ],
    parties: [
      { uuid: toolParty, type: "organization", name: plain(`${input.tool.name} ${input.tool.version}`) },
      ...named.map((name) => ({ uuid: personParty(name), type: "person", name: plain(name) })),
    ],
    "responsible-parties": [{ "role-id": roles.assessor, "party-uuids": [toolParty] }],
  };
}

export function baselineResource(baseline: OscalBaseline): JsonObject {
  const source = webHref(baseline.source);
  return {
    uuid: baselineUuid(baseline.id),
    title: markup(baseline.title),
    description: paragraphs(
      "The framework whose controls are named here; its own text is not part of this document.",
      source === null ? null : `Published at ${markup(source)}.`,
    ),
    ...props({ baseline: baseline.id, source }),
    // A reader that follows references finds this document: the frameworks are not published as OSCAL catalogs.
    rlinks: [{ href: "#" }],
  };
}

export function baselineUuid(id: string): string {
  return uuid("baseline", id);
}

export function fileUuid(path: string): string {
  return uuid("file", path);
}

/** The files that documents refer to come first, so that none of them is among those that are left out. */
export function fileResources(input: OscalInput): JsonObject[] {
  return listedFiles(input).map(fileResource);
}

export function listedFiles({ files, policies }: OscalInput): readonly OscalFile[] {
  const populations = new Set(policies.map(({ population }) => population));
  const unique = [...new Map(files.map((file) => [file.path, file])).values()];
  const first = unique.filter(({ path }) => populations.has(path));
  return [...first, ...unique.filter(({ path }) => !populations.has(path))].slice(0, maxFiles);
}

function fileResource({ path, title, mediaType, sha256 }: OscalFile): JsonObject {
  return {
    uuid: fileUuid(path),
    title: markup(title),
    rlinks: [
      {
        href: relativeHref(path),
        "media-type": plain(mediaType),
        hashes: [sha256Hash(sha256)],
      },
    ],
  };
}

export function sha256Hash(hex: string): JsonObject {
  return { algorithm: "SHA-256", value: plain(hex) };
}
