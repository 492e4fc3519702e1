import { z } from "zod";

/** A part of an address in Pulsar: it is never more than one segment of a path. */
const segment = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._=:-]{0,126}$/, "expected letters, digits and ._=:-");

const address = (schemes: readonly string[]) =>
  z
    .string()
    .max(2_048)
    .refine((text) => isAddress(text, schemes), `expected an address such as ${schemes.join("host or ")}host`);

function isAddress(text: string, schemes: readonly string[]): boolean {
  if (!schemes.some((scheme) => text.startsWith(scheme)) || !URL.canParse(text)) return false;
  const { username, password, hostname, search, hash } = new URL(text);
  return hostname !== "" && username === "" && password === "" && search === "" && hash === "";
}

const age = z.string().regex(/^[1-9]\d{0,4}[hdwy]$/, "expected hours, days, weeks or years, such as 30d");

/** `events:` of the configuration: the broker. Without an address, everything runs inside of one process. */
export const eventSettings = z
  .strictObject({
    /** Of Pulsar's WebSocket API: `wss://pulsar.example.com:8443`. */
    webSocketUrl: address(["ws://", "wss://"]).optional(),
    /** Of the broker itself, for Pulsar's native client: `pulsar+ssl://pulsar.example.com:6651`. */
    serviceUrl: address(["pulsar://", "pulsar+ssl://"]).optional(),
    /** Default: `auto`, the native client where it is installed and has an address, the WebSocket API otherwise. */
    client: z.enum(["auto", "native", "websocket"]).optional(),
    /** Of Pulsar's admin API, for the length of queues; default: where the WebSocket API is. */
    adminUrl: address(["http://", "https://"]).optional(),
    tenant: segment.optional(),
    namespace: segment.optional(),
    /** Where the token is; it is read again at each connection, so that it can be exchanged. */
    tokenFile: z.string().min(1).optional(),
    tokenEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable")
      .optional(),
    /** The certificates that the broker's is checked against, instead of the system's. */
    caFile: z.string().min(1).optional(),
    /** Send the token unencrypted to another machine: only where the network encrypts by itself, as a service mesh does. */
    allowUnencrypted: z.boolean().optional(),
    /** For an answer of the broker, in seconds. */
    timeout: z.number().min(1).max(300).optional(),
    /** Events from others. */
    receive: z
      .strictObject({
        enabled: z.boolean().optional(),
        /** How many are worked on at once. */
        concurrency: z.number().int().min(1).max(100).optional(),
        /** How long they are kept; default: 30d. */
        keep: age.optional(),
      })
      .optional(),
  })
  .refine(({ tokenFile, tokenEnv }) => tokenFile === undefined || tokenEnv === undefined, {
    message: "expected tokenFile or tokenEnv, not both",
  })
  .refine(({ client, serviceUrl }) => client !== "native" || serviceUrl !== undefined, {
    message: "client: native needs serviceUrl, such as pulsar+ssl://host:6651",
  })
  .refine(({ client, webSocketUrl }) => client !== "websocket" || webSocketUrl !== undefined, {
    message: "client: websocket needs webSocketUrl, such as wss://host:8443",
  });

export type EventSettings = z.infer<typeof eventSettings>;

export function hasBroker(settings: EventSettings | undefined): boolean {
  return settings?.webSocketUrl !== undefined || settings?.serviceUrl !== undefined;
}
