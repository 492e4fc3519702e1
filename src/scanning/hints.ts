// The message that a shard can be taken: a hint, which may be lost, late or repeated.
import { z } from "zod";
import type { OutgoingMessage } from "../events/bus.js";
import { topics } from "../events/topics.js";
import type { ShardHint } from "./shards.js";

const hint = z.object({
  scan: z.string().min(1).max(200),
  shard: z.string().min(1).max(1_000),
  policies: z.string().max(200),
});

export function hintMessage({ scan, shard, policies }: ShardHint): OutgoingMessage {
  return { topic: topics.scanShards, key: shard, properties: {}, body: JSON.stringify({ scan, shard, policies }) };
}

/** Null for what is none. */
export function hintOf(body: string): ShardHint | null {
  try {
    return hint.parse(JSON.parse(body));
  } catch {
    return null;
  }
}
