// Where Pulsar is and who we are there. The token is never part of an address, and is read anew for each connection.
import { readFileSync } from "node:fs";
import { messageOf, PortcullisError } from "../errors.js";
import type { EventSettings } from "./event-settings.js";

export interface PulsarAccess {
  readonly webSocketUrl: string | null;
  readonly serviceUrl: string | null;
  readonly adminUrl: string | null;
  readonly tenant: string;
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly caFile: string | null;
  /** Whether one is configured. */
  readonly hasToken: boolean;
  /** Null where no token is configured. Throws PortcullisError when it cannot be read. */
  token(): string | null;
}

/** Throws PortcullisError `config-invalid` for what would send a token unencrypted over a network. */
export function pulsarAccess(settings: EventSettings, environment: NodeJS.ProcessEnv): PulsarAccess {
  const { webSocketUrl = null, serviceUrl = null, tenant = "public", namespace = "default" } = settings;
  const adminUrl = settings.adminUrl ?? webSocketUrl?.replace(/^ws/, "http") ?? null;
  const hasToken = settings.tokenFile !== undefined || settings.tokenEnv !== undefined;
  if (hasToken && settings.allowUnencrypted !== true)
    for (const address of [webSocketUrl, serviceUrl, adminUrl]) checkEncrypted(address);
  return {
    ...{ webSocketUrl: bare(webSocketUrl), serviceUrl: bare(serviceUrl), adminUrl: bare(adminUrl), tenant, namespace },
    hasToken,
    timeoutMs: (settings.timeout ?? 30) * 1_000,
    caFile: settings.caFile ?? null,
    token: () => readToken(settings, environment),
  };
}

/** The certificates to check against, or undefined for the system's. */
export function certificates({ caFile }: Pick<PulsarAccess, "caFile">): Buffer | undefined {
  if (caFile === null) return undefined;
  try {
    return readFileSync(caFile);
  } catch (error) {
    throw new PortcullisError("config-invalid", `events.caFile ${caFile} cannot be read: ${messageOf(error)}`);
  }
}

function bare(address: string | null): string | null {
  return address?.replace(/\/+$/, "") ?? null;
}

function checkEncrypted(address: string | null): void {
  if (address === null || /^(wss|https|pulsar\+ssl):/.test(address)) return;
  const { hostname } = new URL(address);
  if (["localhost", "127.0.0.1", "[::1]"].includes(hostname)) return;
  throw new PortcullisError(
    "config-invalid",
    `events: the token would go to ${address} unencrypted; use wss://, pulsar+ssl:// and https://, or say allowUnencrypted: true`,
  );
}

const maximumToken = 64 * 1024;

function readToken({ tokenFile, tokenEnv }: EventSettings, environment: NodeJS.ProcessEnv): string | null {
  if (tokenFile !== undefined) return checkedToken(readTokenFile(tokenFile), `the file ${tokenFile}`);
  if (tokenEnv === undefined) return null;
  return checkedToken(environment[tokenEnv] ?? "", `the environment variable ${tokenEnv}`);
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PortcullisError("broker-unavailable", `events.tokenFile cannot be read: ${messageOf(error)}`);
  }
}

function checkedToken(text: string, where: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token) && token.length <= maximumToken) return token;
  throw new PortcullisError("broker-unavailable", `expected Pulsar's token, on one line, in ${where}`);
}
