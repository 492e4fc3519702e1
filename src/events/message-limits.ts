// What every adapter refuses, before it reaches a broker that would cut the connection.
import { PortcullisError } from "../errors.js";
import { maximumHeaderBytes, maximumMessageBytes, type OutgoingMessage } from "./bus.js";

/** The body as bytes. Throws `usage` for a message that is too large, or whose topic is no name. */
export function checkedBody({ topic, key, properties, body }: OutgoingMessage): Buffer {
  checkName(topic, "topic");
  const header = Buffer.byteLength(JSON.stringify([key, properties]));
  if (header > maximumHeaderBytes)
    throw new PortcullisError(
      "usage",
      `a message for ${topic} has ${header} bytes of key and properties; at most ${maximumHeaderBytes} are sent`,
    );
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
  if (bytes.length <= maximumMessageBytes) return bytes;
  throw new PortcullisError(
    "usage",
    `a message for ${topic} has ${bytes.length} bytes; at most ${maximumMessageBytes} are sent`,
  );
}

/** One segment of a path in Pulsar, whatever it is put into. */
export function checkName(name: string, what: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._=:-]{0,199}$/.test(name)) return;
  throw new PortcullisError("usage", `the ${what} ${JSON.stringify(name.slice(0, 200))} is no name of Pulsar's`);
}
