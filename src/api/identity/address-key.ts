// What counts as one address: whoever has an IPv6 address has the other 2^64 of its network as well.
import { isIP } from "node:net";

/** Whatever a proxy wrote that is no address is one and the same. */
export function addressKey(ip: string): string {
  const address = ip.replace(/%.*$/, "").toLowerCase();
  const version = isIP(address);
  if (version !== 6) return version === 4 ? address : "other";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  return mapped ?? `${groupsOf(address).slice(0, 4).join(":")}::/64`;
}

function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::", 2);
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":")).flatMap(grouped);
  const [front, back] = [groups(head), groups(tail ?? "")];
  const missing = tail === undefined ? 0 : 8 - front.length - back.length;
  return [...front, ...new Array<string>(missing).fill("0"), ...back];
}

/** `1.2.3.4` at the end stands for two groups. */
function grouped(group: string): string[] {
  const bytes = group.split(".").map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  if (bytes.length === 4) return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
  return [Number.parseInt(group, 16).toString(16)];
}
