// How the service may be reached: with TLS, or behind proxies that are named; on another address than loopback never without.
import { isIP, BlockList } from "node:net";
import { z } from "zod";
import { PortcullisError } from "../../errors.js";

const file = z.string().min(1).max(4_096);

const network = z.string().refine((text) => problemOf(text) === null, {
  error: ({ input }) => problemOf(String(input)) ?? "",
});

/** Of `server:` in the configuration. */
export const listenSettings = {
  /** PEM files. They are read again when they change. */
  tls: z.strictObject({ cert: file, key: file }).optional(),
  /** Addresses or networks of proxies, whose X-Forwarded-For is believed. They end TLS. */
  trustedProxies: z.array(network).min(1).max(1_000).optional(),
  /** Listen without either all the same: tokens can be read on the way. */
  insecure: z.boolean().optional(),
};

export interface ListenSettings {
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly trustedProxies?: readonly string[] | undefined;
  readonly insecure?: boolean | undefined;
}

function problemOf(text: string): string | null {
  const [address = "", prefix, ...more] = text.split("/");
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (
    bits === 0 ||
    more.length > 0 ||
    (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) ||
    Number(prefix ?? 0) > bits
  )
    return "expected an address or a network, such as 10.0.0.7 or 10.1.0.0/16";
  return Number(prefix ?? bits) === 0 ? "everybody would be trusted: expected the networks of your proxies" : null;
}

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Throws `config-invalid`; gives a warning for the log, or null. */
export function checkListening(host: string, { tls, trustedProxies, insecure }: ListenSettings): string | null {
  if (isLoopback(host) || tls !== undefined || trustedProxies !== undefined) return null;
  if (insecure === true)
    return `listening on ${host} without TLS and without a trusted proxy (server.insecure): tokens can be read on the way`;
  throw new PortcullisError(
    "config-invalid",
    `serving on ${host} in the clear is refused, since tokens could be read on the way: give server.tls.cert and server.tls.key, or name the proxies that end TLS in server.trustedProxies, or listen on 127.0.0.1; server.insecure: true does it all the same`,
  );
}

function isLoopback(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  if (address.toLowerCase() === "localhost") return true;
  const version = isIP(address);
  return version !== 0 && loopback.check(address, version === 6 ? "ipv6" : "ipv4");
}
