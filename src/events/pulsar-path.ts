// Paths of Pulsar's WebSocket API: https://pulsar.apache.org/docs/4.0.x/client-libraries-websocket/
import type { PulsarAccess } from "./pulsar-access.js";

export function pulsarPath(
  what: "producer" | "consumer",
  { tenant, namespace }: Pick<PulsarAccess, "tenant" | "namespace">,
  names: readonly string[],
  query: Readonly<Record<string, string | number | boolean>>,
): string {
  const path = ["ws", "v2", what, "persistent", tenant, namespace, ...names].map(encodeURIComponent).join("/");
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return `/${path}?${parameters.toString()}`;
}
