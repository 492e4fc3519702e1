import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Api } from "../server.js";
import { followCertificate, readCertificate } from "./certificate.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-tls-"));
const at = (name: string): string => join(folder, name);
const pair = (name: string) => ({ cert: at(`${name}.crt`), key: at(`${name}.key`) });

function make(name: string): void {
  const { cert, key } = pair(name);
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync(
    "openssl",
    ["req", "-x509", ...kind, "-nodes", "-days", "2", "-subj", `/CN=${name}`, "-keyout", key, "-out", cert],
    { stdio: "ignore" },
  );
}

beforeAll(() => {
  make("one");
  make("two");
  writeFileSync(at("garbage"), "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a certificate that cannot be used is told with its files", () => {
  const cases: readonly (readonly [string, () => { cert: string; key: string }, RegExp])[] = [
    ["a file that is not there", () => ({ ...pair("one"), cert: at("none") }), /none cannot be read: ENOENT/],
    ["a folder", () => ({ ...pair("one"), key: folder }), /cannot be read: EISDIR/],
    ["another pair's key", () => ({ ...pair("one"), key: pair("two").key }), /the key is not the certificate's/],
    ["garbage", () => ({ ...pair("one"), cert: at("garbage") }), /cannot be used for TLS/],
    ["the key for the certificate", () => ({ cert: pair("one").key, key: pair("one").key }), /cannot be used for TLS/],
  ];
  test.each(cases)("%s", (_name, files, message) => {
    expect(() => readCertificate(files())).toThrow(message);
    expect(() => readCertificate(files())).toThrow(expect.objectContaining({ code: "config-invalid" }) as Error);
  });
});

/** The name in the certificate that a new connection is shown. */
function shown(port: number, maxVersion: "TLSv1.1" | "TLSv1.2" | "TLSv1.3" = "TLSv1.3"): Promise<string> {
  return new Promise((resolve, reject) => {
    const minVersion = maxVersion === "TLSv1.1" ? "TLSv1" : "TLSv1.2";
    const options = { port, host: "127.0.0.1", rejectUnauthorized: false, minVersion, maxVersion } as const;
    const socket = connect({ ...options, ciphers: "DEFAULT@SECLEVEL=0" }, () => {
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(String(CN));
    });
    socket.on("error", reject);
  });
}

test("it is read again when its files change; what cannot be used changes nothing", async () => {
  const files = pair("live");
  const put = (name: string): void => {
    copyFileSync(pair(name).cert, files.cert);
    copyFileSync(pair(name).key, files.key);
  };
  put("one");
  const logged: string[] = [];
  const note = (...all: unknown[]): void => void logged.push(all.map(String).join(" "));
  const current = readCertificate(files);
  const api = fastify({ https: { ...current.options } }) as unknown as Api;
  followCertificate(api, { files, current, log: { info: note, warn: note } as never, intervalMs: 20 });
  await api.listen({ port: 0, host: "127.0.0.1" });
  try {
    const { port } = api.server.address() as AddressInfo;
    expect(await shown(port)).toBe("one");
    await expect(shown(port, "TLSv1.1")).rejects.toThrow();
    copyFileSync(pair("two").cert, files.cert); // the key comes later
    await vi.waitFor(() => {
      expect(logged.join()).toContain("the key is not the certificate's");
    }, 30_000);
    expect(await shown(port)).toBe("one");
    put("two");
    await vi.waitFor(() => {
      expect(logged.join()).toContain("was read again");
    }, 30_000);
    expect(await shown(port, "TLSv1.2")).toBe("two");
    await expect(shown(port, "TLSv1.1")).rejects.toThrow();
    expect(logged.filter((line) => line.includes("is not the certificate's"))).toHaveLength(1);
  } finally {
    await api.close();
  }
});
