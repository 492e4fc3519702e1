// The one question to Pulsar's admin API: how much waits. Who may consume from a topic may ask it.
import { Agent, fetch } from "undici";
import { isObject, own, type Json } from "../json.js";
import { certificates, type PulsarAccess } from "./pulsar-access.js";

const timeoutMs = 5_000;
const maximumBytes = 4 * 1024 * 1024;

/** Null when it cannot be known: no address, no permission, no topic. */
export async function pulsarBacklog(access: PulsarAccess, topic: string, subscription: string): Promise<number | null> {
  if (access.adminUrl === null) return null;
  const path = ["admin", "v2", "persistent", access.tenant, access.namespace, topic, "stats"];
  const agent = new Agent({ connect: { ca: certificates(access) }, maxResponseSize: maximumBytes });
  try {
    const token = access.token();
    const response = await fetch(`${access.adminUrl}/${path.map(encodeURIComponent).join("/")}`, {
      ...{ dispatcher: agent, redirect: "error", signal: AbortSignal.timeout(timeoutMs) },
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    });
    return response.ok ? backlogOf((await response.json()) as Json, subscription) : null;
  } catch {
    return null;
  } finally {
    await agent.destroy();
  }
}

function backlogOf(stats: Json, subscription: string): number | null {
  const subscriptions = isObject(stats) ? own(stats, "subscriptions") : undefined;
  const one = isObject(subscriptions) ? own(subscriptions, subscription) : undefined;
  const backlog = isObject(one) ? own(one, "msgBacklog") : undefined;
  return typeof backlog === "number" ? backlog : null;
}
