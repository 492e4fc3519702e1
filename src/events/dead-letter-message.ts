// How a message that could not be used is told on the dead-letter topic: as it came, with the reason in its properties.
import type { BuriedMessage } from "../store/inbox-dead-letters.js";
import { printable } from "../printable.js";
import { maximumMessageBytes, type OutgoingMessage } from "./bus.js";
import { topics } from "./topics.js";

export function deadLetterMessage(message: BuriedMessage, id: string): OutgoingMessage {
  const { topic, subscription, key, bytes, reason, attempts, firstFailed } = message;
  const fits = bytes.length <= maximumMessageBytes;
  return {
    topic: topics.deadLetters,
    key: id,
    // Made printable: what cannot be sent would be tried for ever.
    properties: {
      ...{ "dead-letter-id": id, topic, subscription, reason: printable(reason), attempts: String(attempts) },
      ...{ "first-failed": firstFailed.toISOString(), "last-failed": new Date().toISOString() },
      ...(key === null ? {} : { key: printable(key.slice(0, 1_000)) }),
      // The database has it whole.
      ...(fits ? {} : { "body-left-out": `${bytes.length} bytes` }),
    },
    body: fits ? bytes : "",
  };
}

/** What a replay publishes: the message as it came, as far as it can be sent. */
export function replayMessage({
  topic,
  key,
  properties,
  bytes,
}: Pick<BuriedMessage, "topic" | "key" | "properties" | "bytes">): OutgoingMessage {
  return { topic, key, properties, body: bytes };
}
