// Services that a stack tells of by its outputs `services` and `endpoints`. Nothing sensitive, and no user or password in an address.
import { isObject, own, type Json, type JsonObject } from "../../json.js";
import { redactJson } from "../../redact.js";
import type { ServiceEntry } from "./service-directory.js";

export type NewService = Omit<ServiceEntry, "environment" | "updatedAt" | "action">;

const mostServices = 1_000;

/** `outputs` by stack, without what is sensitive. What is no service is left out. */
export function servicesIn(outputs: {
  readonly [stack: string]: { readonly [name: string]: Json };
}): readonly NewService[] {
  const found = new Map<string, NewService>();
  for (const [stack, one] of Object.entries(outputs)) {
    for (const key of ["services", "endpoints"]) {
      for (const [name, value] of entriesOf(own(one, key))) {
        const service = serviceOf(name, value, stack);
        if (service !== null && found.size < mostServices) found.set(service.name, service);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entriesOf(value: Json | undefined): readonly (readonly [string, Json])[] {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item) => {
      const name = isObject(item) ? own(item, "name") : undefined;
      return typeof name === "string" ? [[name, item] as const] : [];
    });
  }
  return isObject(value) ? Object.entries(value) : [];
}

function serviceOf(name: string, value: Json, stack: string): NewService | null {
  const given: JsonObject = isObject(value) ? value : { endpoint: value };
  const text = own(given, "endpoint") ?? own(given, "url") ?? own(given, "host");
  if (typeof text !== "string" || name === "" || name.length > 200) return null;
  const place = placeOf(text);
  if (place === null) return null;
  const asText = (key: string): string | null => {
    const found = own(given, key);
    return typeof found === "string" && found !== "" && found.length <= 100 ? found : null;
  };
  const port = own(given, "port");
  const metadata = own(given, "metadata");
  const kept = redactJson(isObject(metadata) ? metadata : {}).value as JsonObject;
  return {
    ...{
      name,
      kind: asText("kind") ?? "service",
      endpoint: place.endpoint,
      protocol: asText("protocol") ?? place.protocol,
    },
    port: typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : place.port,
    metadata: { ...(JSON.stringify(kept).length > 16_384 ? {} : kept), stack },
  };
}

const usualPorts = new Map([
  ["http", 80],
  ["https", 443],
  ["postgresql", 5432],
  ["postgres", 5432],
  ["redis", 6379],
  ["mysql", 3306],
]);

/** A URL, or a host with or without a port. */
function placeOf(text: string): { endpoint: string; port: number | null; protocol: string | null } | null {
  if (text === "" || text.length > 1_000) return null;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    if (!URL.canParse(text)) return null;
    const url = new URL(text);
    if (url.hostname === "") return null;
    const protocol = url.protocol.slice(0, -1);
    return {
      endpoint: url.hostname,
      port: url.port === "" ? (usualPorts.get(protocol) ?? null) : Number(url.port),
      protocol,
    };
  }
  const match = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?$/.exec(text);
  if (match?.[1] === undefined) return null;
  const port = match[2] === undefined ? null : Number(match[2]);
  return port !== null && (port < 1 || port > 65_535) ? null : { endpoint: match[1], port, protocol: null };
}
