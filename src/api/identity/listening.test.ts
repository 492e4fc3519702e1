import { describe, expect, test } from "vitest";
import { serverSettings } from "../server-settings.js";
import { checkListening } from "./listening.js";

const tls = { cert: "a", key: "b" };

describe("listening", () => {
  test.each(["127.0.0.1", "127.8.8.8", "localhost", "LOCALHOST", "::1", "[::1]"])("on %s needs nothing", (host) => {
    expect(checkListening(host, {})).toBeNull();
  });

  test.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "example.com",
    "localhost.example.com",
    "128.0.0.1",
    "::ffff:10.0.0.1",
    "",
    "127.0.0.1.evil.example",
  ])("on %j in the clear is refused, and it is said what to do", (host) => {
    expect(() => checkListening(host, {})).toThrow(
      /server.tls.cert .* server.trustedProxies.* 127.0.0.1.*server.insecure/,
    );
    expect(() => checkListening(host, { insecure: false })).toThrow(/is refused/);
    expect(checkListening(host, { tls })).toBeNull();
    expect(checkListening(host, { trustedProxies: ["10.0.0.0/8"] })).toBeNull();
    expect(checkListening(host, { insecure: true })).toMatch(/without TLS .* tokens can be read/);
  });
});

describe("trusted proxies", () => {
  const parse = (network: unknown) => serverSettings.safeParse({ trustedProxies: [network] });

  test.each(["10.0.0.7", "10.1.0.0/16", "fd00::/8", "::1", "192.168.1.1/32"])("%s", (network) => {
    expect(parse(network).success).toBe(true);
  });

  test.each([
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "fd00::/129",
    "10.0.0/8",
    "*",
    "true",
    "loopback",
    "",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "10.0.0.0/",
    1,
  ])("%j is refused", (network) => {
    expect(parse(network).success).toBe(false);
  });

  test("none at all is a mistake", () => {
    expect(serverSettings.safeParse({ trustedProxies: [] }).success).toBe(false);
  });
});
