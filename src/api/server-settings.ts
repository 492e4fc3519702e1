import { z } from "zod";
import { listenSettings, type ListenSettings } from "./identity/listening.js";

const milliseconds = (most: number) => z.number().int().min(1).max(most);
const bytes = (most: number) => z.number().int().min(1_024).max(most);

/** `server:` of the configuration: how the API listens, and what it takes. */
export const serverSettings = z.strictObject({
  host: z.string().min(1).max(255).optional(),
  ...listenSettings,
  port: z.number().int().min(0).max(65_535).optional(),
  /** Of a request's body. A route may allow more or less. */
  bodyLimit: bytes(256 * 1024 * 1024).optional(),
  /** How deep JSON may be nested, and how many members its objects may have in all. */
  jsonDepth: z.number().int().min(4).max(1_000).optional(),
  jsonKeys: z.number().int().min(1).max(10_000_000).optional(),
  /** Connections at once. */
  connections: z.number().int().min(1).max(100_000).optional(),
  /** In milliseconds: for a client to send its headers; the whole request; to do what was asked; without a byte either way. */
  headersTimeout: milliseconds(600_000).optional(),
  requestTimeout: milliseconds(3_600_000).optional(),
  handlerTimeout: milliseconds(3_600_000).optional(),
  idleTimeout: milliseconds(3_600_000).optional(),
  /** In milliseconds: what a stop waits for requests that are under way. */
  grace: z.number().int().min(0).max(3_600_000).optional(),
});

export type ServerSettings = z.infer<typeof serverSettings>;

export const serverDefaults = {
  host: "127.0.0.1",
  port: 8181,
  bodyLimit: 4 * 1024 * 1024,
  jsonDepth: 100,
  jsonKeys: 200_000,
  connections: 2_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  handlerTimeout: 60_000,
  idleTimeout: 120_000,
  grace: 20_000,
} satisfies Required<Omit<ServerSettings, keyof ListenSettings>>;

export type CompleteServerSettings = typeof serverDefaults & ListenSettings;

export function completeSettings(given: ServerSettings | undefined): CompleteServerSettings {
  const named = Object.entries(given ?? {}).filter(([, value]) => (value as unknown) !== undefined);
  return { ...serverDefaults, ...(Object.fromEntries(named) as Partial<CompleteServerSettings>) };
}

/** What no header of the request may be larger than, all together and with the address. */
export const maximumHeaderBytes = 16 * 1024;
export const maximumAddressLength = 8 * 1024;
