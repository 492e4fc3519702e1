// Bundles between OPA itself and us, both ways: what one builds and signs the other takes, and OPA runs from what we serve.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPAClient } from "@open-policy-agent/opa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { toolPath } from "../../scripts/setup-tools.mjs";
import { opaRoutes } from "../../src/api/opa/opa-routes.js";
import { openOpa, type OpenedOpa } from "../../src/api/opa/open-opa.js";
import { openOptions } from "../../src/api/opa/testing/open-options.js";
import { as, createTestApi, type TestApi } from "../../src/api/testing/test-api.js";
import type { OpaSettings } from "../../src/api/opa/opa-settings.js";
import { packageFile } from "../../src/package-root.js";

const folder = mkdtempSync(join(tmpdir(), "portcullis-bundles-"));
const at = (...names: string[]): string => join(folder, ...names);
const children: ChildProcess[] = [];
const opened: { opa: OpenedOpa; server: TestApi }[] = [];

const opa = (...args: string[]): string =>
  execFileSync(toolPath("opa"), args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const portcullis = (...args: string[]): string =>
  execFileSync(process.execPath, [packageFile("dist", "src", "cli", "main.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });

async function open(settings: OpaSettings, dataDir = at("data-dir")): Promise<{ opa: OpenedOpa; server: TestApi }> {
  const own = { defaultPolicies: false, policy: [], data: [], regoVersion: "v1" as const, parameters: {} };
  const service = await openOpa({ config: { opa: settings }, own, ...openOptions(dataDir) });
  for (const part of service.parts) await part.start();
  const server = await createTestApi({ routes: opaRoutes, services: { opa: service } });
  opened.push({ opa: service, server });
  return { opa: service, server };
}

/** A server of bundles: what it serves can be exchanged, and it counts what it was asked. */
class BundleServer {
  archive: Buffer | null = null;
  etag = "";
  readonly answers: number[] = [];
  readonly authorizations = new Set<string>();
  readonly #server: Server = createHttpServer((request, response) => {
    this.authorizations.add(request.headers.authorization ?? "");
    const isKnown = request.headers["if-none-match"] === this.etag && this.etag !== "";
    const status = this.archive === null ? 500 : isKnown ? 304 : 200;
    this.answers.push(status);
    response.writeHead(status, { etag: this.etag }).end(status === 200 ? this.archive : undefined);
  });

  serve(file: string, etag: string): void {
    this.archive = readFileSync(file);
    this.etag = etag;
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}/bundle.tar.gz`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
const bundles = new BundleServer();

const ask = async (server: TestApi, path: string, input: unknown = {}) =>
  (
    await server.api.inject({
      method: "POST",
      url: path,
      headers: { ...as("viewer"), "content-type": "application/json" },
      payload: JSON.stringify({ input }),
    })
  ).json<{
    result?: unknown;
    provenance?: { bundles: unknown };
  }>();

beforeAll(() => {
  mkdirSync(at("source", "app"), { recursive: true });
  writeFileSync(at("source", "app", "policy.rego"), "package app\n\nallow if input.user in data.app.admins\n");
  writeFileSync(at("source", "app", "data.json"), '{"admins": ["alice"], "n": 1.50, "text": "<é>"}');
  writeFileSync(at("source", ".manifest"), '{"revision": "one", "roots": ["app"]}');
  cpSync(at("source"), at("second"), { recursive: true });
  writeFileSync(at("second", "app", "data.json"), '{"admins": ["bob"]}');
  writeFileSync(at("second", ".manifest"), '{"revision": "two", "roots": ["app"]}');
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(at("private.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(at("public.pem"), publicKey.export({ type: "spki", format: "pem" }));
});
afterAll(async () => {
  for (const child of children) child.kill();
  for (const { opa: one, server } of opened) {
    for (const part of one.parts) await part.stop(1_000);
    await server.close();
  }
  bundles.close();
  rmSync(folder, { recursive: true, force: true });
});

const signing = { keyid: "main", keys: { main: { algorithm: "RS256" as const, key: at("public.pem") } } };

describe("portcullis build", () => {
  test("makes the same bytes twice, which OPA evaluates", () => {
    portcullis("build", "-b", "source", "-o", "one.tar.gz");
    portcullis("build", "-b", "source", "-o", "again.tar.gz");
    expect(readFileSync(at("one.tar.gz")).equals(readFileSync(at("again.tar.gz")))).toBe(true);
    writeFileSync(at("input.json"), '{"user":"alice"}');
    expect(JSON.parse(opa("eval", "-b", "one.tar.gz", "-i", "input.json", "data.app.allow"))).toMatchObject({
      result: [{ expressions: [{ value: true }] }],
    });
  });

  test("signs so that OPA believes it, and no other key", () => {
    portcullis(
      "build",
      "-b",
      "source",
      "-o",
      "signed.tar.gz",
      "--signing-key",
      "private.pem",
      "--signing-key-id",
      "main",
    );
    const built = opa(
      "build",
      "-b",
      "signed.tar.gz",
      "--verification-key",
      "public.pem",
      "--verification-key-id",
      "main",
      "-o",
      "rebuilt.tar.gz",
    );
    expect(built).toBe("");
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    writeFileSync(at("other.pem"), other.export({ type: "spki", format: "pem" }));
    expect(() =>
      opa(
        "build",
        "-b",
        "signed.tar.gz",
        "--verification-key",
        "other.pem",
        "--verification-key-id",
        "main",
        "-o",
        "no.tar.gz",
      ),
    ).toThrow();
  });

  test("refuses what does not compile", () => {
    mkdirSync(at("bad"));
    writeFileSync(at("bad", "x.rego"), "package x\n\ny := z\n");
    expect(() => portcullis("build", "bad", "-o", "bad.tar.gz")).toThrow(/x\.rego:3:6: var z is unsafe/);
  });
});

describe("a bundle that OPA built and signed", () => {
  const settings = async (): Promise<OpaSettings> => ({
    bundles: {
      main: { url: await bundles.url(), polling: { min: 0.05, max: 0.1 }, signing, token: { file: at("token") } },
    },
  });

  test("is activated, exchanged, and what is broken, unsigned or unreachable leaves it as it is", async () => {
    writeFileSync(at("token"), "bundle-token\n");
    for (const name of ["source", "second"]) {
      opa("build", "-b", name, "-o", `${name}.tar.gz`, "--signing-key", "private.pem", "--signing-alg", "RS256");
    }
    opa("build", "-b", "second", "-o", "unsigned.tar.gz");
    const { opa: service, server } = await open(await settings());
    expect(service.missing()).toEqual(["bundle main"]);
    expect((await server.api.inject({ url: "/health?bundles" })).statusCode).toBe(500);
    bundles.serve(at("source.tar.gz"), '"1"');
    await vi.waitFor(
      () => {
        expect(service.missing()).toEqual([]);
      },
      { timeout: 60_000 },
    );
    expect(await ask(server, "/v1/data/app/allow?provenance", { user: "alice" })).toMatchObject({
      result: true,
      provenance: { bundles: { main: { revision: "one" } } },
    });
    expect([...bundles.authorizations]).toEqual(["Bearer bundle-token"]);

    const count = bundles.answers.length;
    await vi.waitFor(
      () => {
        expect(bundles.answers.slice(count)).toContain(304);
      },
      { timeout: 30_000 },
    );
    bundles.serve(at("unsigned.tar.gz"), '"2"');
    await vi.waitFor(
      () => {
        expect(bundles.answers.filter((status) => status === 200).length).toBeGreaterThan(2);
      },
      { timeout: 30_000 },
    );
    expect(await ask(server, "/v1/data/app/allow", { user: "alice" })).toEqual({ result: true });
    expect(await Promise.all(service.parts.map((part) => part.trouble()))).toEqual([null]);

    bundles.serve(at("second.tar.gz"), '"3"');
    await vi.waitFor(
      async () => {
        expect(await ask(server, "/v1/data/app/allow", { user: "bob" })).toEqual({ result: true });
      },
      { timeout: 60_000 },
    );
    expect(await ask(server, "/v1/data/app/allow", { user: "alice" })).toEqual({});
  }, 240_000);

  test("is there after a start without its server", async () => {
    bundles.archive = null;
    const { server } = await open(await settings());
    expect(await ask(server, "/v1/data/app/allow", { user: "bob" })).toEqual({ result: true });
  }, 120_000);
});

describe("the bundle that is served", () => {
  test("runs in OPA, is answered with 304, and has no path of this machine", async () => {
    const own = {
      defaultPolicies: true,
      policy: [at("source", "app", "policy.rego")],
      data: [at("source")],
      regoVersion: "v1" as const,
      parameters: { a: 1 },
    };
    const service = await openOpa({ config: {}, own, ...openOptions(at("served")) });
    const server = await createTestApi({ routes: opaRoutes, services: { opa: service } });
    opened.push({ opa: service, server });
    const first = await server.api.inject({ url: "/v1/bundles/portcullis", headers: as("viewer") });
    expect(first.statusCode).toBe(200);
    const second = await server.api.inject({
      url: "/v1/bundles/portcullis",
      headers: { ...as("viewer"), "if-none-match": String(first.headers["etag"]) },
    });
    expect([second.statusCode, second.body]).toEqual([304, ""]);
    writeFileSync(at("served.tar.gz"), first.rawPayload);
    expect(execFileSync("tar", ["tzf", at("served.tar.gz")], { encoding: "utf8" })).not.toContain(folder);
    const answer = JSON.parse(
      opa("eval", "-b", "served.tar.gz", "-i", "input.json", "[data.app.allow, data.parameters, count(data.aws.s3)]"),
    ) as object;
    expect(answer).toMatchObject({
      result: [{ expressions: [{ value: [true, { a: 1 }, expect.any(Number) as number] }] }],
    });
  }, 240_000);

  test("is downloaded and run by a real OPA, over a socket", async () => {
    const { server } = opened.at(-1)!;
    const address = await server.api.listen({ host: "127.0.0.1", port: 0 });
    const config = `services:\n  portcullis:\n    url: ${address}\n    credentials: {bearer: {token: "viewer/opa"}}\nbundles:\n  main: {service: portcullis, resource: v1/bundles/portcullis}\n`;
    writeFileSync(at("opa.yaml"), config);
    const child = spawn(
      toolPath("opa"),
      ["run", "--server", "--addr", "127.0.0.1:0", "-c", at("opa.yaml"), "--log-format", "json"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    children.push(child);
    let log = "";
    child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    await vi.waitFor(
      () => {
        expect(log).toContain("Bundle loaded and activated successfully");
      },
      { timeout: 60_000 },
    );
  }, 90_000);

  test("OPA's own client asks over a socket, unchanged", async () => {
    const { server } = opened.at(-1)!;
    const client = new OPAClient(server.api.listeningOrigin, { headers: as("viewer") });
    expect(await client.evaluate("app/allow", { user: "alice" })).toBe(true);
    expect(await client.evaluate("app/admins")).toEqual(["alice"]);
    const nobody = new OPAClient(server.api.listeningOrigin);
    await expect(nobody.evaluate("app/allow", { user: "alice" })).rejects.toThrow();
  }, 60_000);
});
