import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLogger, type Logger } from "./log.js";
import { logLevelOf } from "./log-level.js";

function logged(work: (log: Logger) => void): { text: string; lines: Record<string, unknown>[] } {
  const written: string[] = [];
  work(createLogger({ level: "debug", version: "1.2.3", destination: { write: (line) => void written.push(line) } }));
  return { text: written.join(""), lines: written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const common = {
  ...{ "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string, "log.level": "info" },
  ...{ "ecs.version": expect.stringMatching(/^8\.\d+\.\d+$/) as string, "process.pid": process.pid },
  ...{ "host.hostname": expect.any(String) as string, "event.dataset": "portcullis" },
  ...{ "service.name": "portcullis", "service.version": "1.2.3" },
};

class CodedError extends Error {
  readonly code = "E_CODE";
}

describe("fields", () => {
  test.each<readonly [name: string, fields: object, expected: object]>([
    [
      "of the schema stay",
      { "http.request.method": "GET", event: { action: "scan" } },
      { "http.request.method": "GET", event: { action: "scan" } },
    ],
    ["of ours go by our name", { part: "outbox", ms: 3 }, { "portcullis.part": "outbox", "portcullis.ms": 3 }],
    [
      "that the schema has as objects",
      { user: "ada", url: "/x" },
      { "portcullis.user": "ada", "portcullis.url": "/x" },
    ],
    ["that only the logger writes", { "@timestamp": "x", message: "x", "log.level": "x" }, {}],
    [
      "that are no JSON",
      { a: 1n, b: NaN, c: undefined, d: () => 1, e: Buffer.from("x") },
      { "portcullis.a": "1", "portcullis.b": "NaN", "portcullis.d": null, "portcullis.e": "…" },
    ],
    [
      "of a request",
      { req: { method: "POST", url: "/v1/scans?token=1234", id: "r-1", body: { a: 1 } } },
      { "http.request.method": "POST", "url.path": "/v1/scans", "http.request.id": "r-1" },
    ],
    ["of an answer", { res: { statusCode: 404 } }, { "http.response.status_code": 404 }],
    [
      "of headers",
      { headers: { Authorization: "x", cookie: "x", "x-hub-signature": "x", "content-type": "text/plain" } },
      { "portcullis.headers": { "content-type": "text/plain" } },
    ],
    ["of addresses", { at: "https://h/p?a=1&b=2#c" }, { "portcullis.at": "https://h/p?a=<redacted>&b=<redacted>#c" }],
    ["with escapes", { "user.name": "\u001b[31m\u009b\u202e\n" }, { "user.name": "\\u001b[31m\\u009b\\u202e\n" }],
  ])("%s", (_, fields, expected) => {
    const { lines } = logged((log) => {
      log.info(fields, "done");
    });
    expect(lines).toEqual([{ ...common, ...expected, message: "done" }]);
  });

  test("an error: its type, code, message with the cause, and stack", () => {
    const { lines } = logged((log) => {
      log.info({ err: new CodedError("no broker", { cause: new Error("refused") }) }, "publish failed");
      log.info(new TypeError("alone"));
      log.info({ err: "thrown text" }, "x");
    });
    const stack = { "error.stack_trace": expect.stringContaining("log.test.ts") as string };
    expect(lines).toEqual([
      {
        ...common,
        ...stack,
        "error.type": "Error",
        "error.code": "E_CODE",
        "error.message": "no broker: refused",
        message: "publish failed",
      },
      { ...common, ...stack, "error.type": "TypeError", "error.message": "alone", message: "alone" },
      { ...common, "error.message": "thrown text", message: "x" },
    ]);
  });

  test("a child's name that is said again is in the line once", () => {
    const { text } = logged((log) => {
      log
        .child({ part: "outbox", "http.request.id": "r-1" })
        .info({ part: "other", "http.request.id": "r-2", n: 1 }, "x");
    });
    expect(text.match(/"portcullis\.part":"outbox"/g)).toHaveLength(1);
    expect(text).not.toMatch(/other|r-2/);
    expect(text).toContain('"portcullis.n":1');
  });

  test("what throws when it is looked at ends no program", () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    expect(
      logged((log) => {
        log.info({ a: hostile }, "x");
      }).lines,
    ).toEqual([{ ...common, "portcullis.a": {}, message: "x" }]);
  });
});

describe("bounds", () => {
  const cyclic: Record<string, unknown> = { name: "a" };
  cyclic["self"] = cyclic;
  const deep = JSON.parse(`${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`) as object;
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, "x".repeat(100)]));
  test.each<readonly [string, object]>([
    ["long texts", { a: "x".repeat(10_000_000), b: "y".repeat(10_000_000) }],
    ["cycles", cyclic],
    ["depth", deep],
    ["many members", wide],
    ["many members below", { a: wide, b: [wide, wide], c: { d: wide } }],
    ["long names", { ["n".repeat(1_000_000)]: 1, a: { ["m".repeat(1_000_000)]: 1 } }],
    ["errors", { err: new Error("z".repeat(5_000_000)) }],
  ])("a line with %s is short", (_, fields) => {
    const { text, lines } = logged((log) => {
      log.info(fields, "m".repeat(1_000_000));
    });
    expect(lines).toHaveLength(1);
    expect(text.length).toBeLessThan(150_000);
  });
});

describe("secrets", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{7}[0-9][A-Za-z0-9]{16,40}$/);
  const plant = fc.constantFrom<readonly [string, (log: Logger, secret: string) => void]>(
    [
      "a header",
      (log, s) => {
        log.info({
          headers: { authorization: `Bearer ${s}`, Cookie: `sid=${s}`, "x-tfc-task-signature": s, "x-api-key": s },
        });
      },
    ],
    [
      "a request",
      (log, s) => {
        log.info({
          req: {
            method: "GET",
            url: `/v1/x?access=${s}&b=${s}`,
            headers: { authorization: s },
            rawHeaders: ["cookie", s],
            body: s,
          },
        });
      },
    ],
    [
      "raw headers",
      (log, s) => {
        log.info({ rawHeaders: ["Authorization", s] });
      },
    ],
    [
      "a field with a telling name",
      (log, s) => {
        log.info({ authorization: s, cookie: s, "x-portcullis-signature": s, password: s, token: s });
      },
    ],
    [
      "a body",
      (log, s) => {
        log.info({ body: { input: { MasterUserPassword: s, nested: [{ clientSecret: s }] } } });
      },
    ],
    [
      "an address",
      (log, s) => {
        log.info({ url: { full: `https://user:${s}@h/p?x=${s}`, path: `/p?y=${s}` } }, `GET https://h/p?sig=${s}`);
      },
    ],
    [
      "an error",
      (log, s) => {
        log.error(new Error(`connect postgres://u:${s}@db:5432/x failed`, { cause: new Error(`password=${s}`) }));
      },
    ],
    [
      "an error's stack",
      (log, s) => {
        log.error({ err: Object.assign(new Error("x"), { stack: `Error: Authorization: Bearer ${s}\n at x` }) }, "x");
      },
    ],
    [
      "an error of JSON",
      (log, s) => {
        try {
          JSON.parse(`{"password":"p","x":${s}}`);
        } catch (err) {
          log.error({ err }, "bad body");
        }
      },
    ],
    [
      "a message",
      (log, s) => {
        log.warn("login with password=%s as %s", s, "ada");
      },
    ],
    [
      "a message of parts",
      (log, s) => {
        log.warn({ part: "x" }, "https://u:%s@h", s);
      },
    ],
    [
      "a child",
      (log, s) => {
        log.child({ token: s, "url.full": `http://h/?a=${s}` }).info("x");
      },
    ],
    [
      "behind a long text",
      (log, s) => {
        log.info(`${"x ".repeat(32_760)}password=${s}`);
      },
    ],
    [
      "in JSON in a text",
      (log, s) => {
        log.info({ event: { original: JSON.stringify({ password: s }) } }, "x");
      },
    ],
  );

  test("that are planted wherever are in no line", () => {
    fc.assert(
      fc.property(plant, secret, ([, put], planted) => {
        const { text, lines } = logged((log) => {
          put(log, planted);
        });
        expect(lines.length).toBeGreaterThan(0);
        expect(text).not.toContain(planted);
        expect(text).not.toContain(planted.slice(0, 12));
      }),
      { numRuns: 400 },
    );
  });
});

describe("the level", () => {
  test.each([
    [undefined, {}, "info"],
    ["warn", {}, "warn"],
    ["warn", { PORTCULLIS_LOG_LEVEL: "DEBUG" }, "debug"],
    ["warn", { PORTCULLIS_LOG_LEVEL: "" }, "warn"],
  ] as const)("configured %s, with %o: %s", (configured, environment, expected) => {
    expect(logLevelOf(configured, environment)).toBe(expected);
  });

  test("that there is none of", () => {
    expect(() => logLevelOf("info", { PORTCULLIS_LOG_LEVEL: "loud" })).toThrow(
      "PORTCULLIS_LOG_LEVEL: expected debug, info, warn, error, silent",
    );
  });
});
