import { CompactSign, base64url, exportSPKI, importJWK } from "jose";
import { createHmac } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { UnauthenticatedError } from "../identity.js";
import { createAuthenticator } from "./authenticator.js";
import type { IdentitySettings, IssuerSettings } from "./identity-settings.js";
import { newKey, startIssuer, type IssuerKey, type TestIssuer } from "./testing/issuer.js";

let now = new Date("2026-06-01T12:00:00.000Z");
let passed = 0;
const pass = (ms: number): void => {
  passed += ms;
  now = new Date(now.getTime() + ms);
};
const seconds = (): number => Math.floor(now.getTime() / 1_000);

let issuer: TestIssuer;
let key: IssuerKey;
let logged: string[] = [];
const none = { find: () => Promise.resolve(null), used: () => Promise.resolve() };

function authenticator(change: Partial<IssuerSettings> = {}, more: Partial<IdentitySettings> = {}) {
  const own: IssuerSettings = {
    ...{ name: "okta", issuer: issuer.url, audience: "portcullis", rolesClaim: "groups" },
    roles: { viewer: ["readers"], admin: ["platform admins", "ops"] },
    ...change,
  };
  const log = {
    warn: (...all: unknown[]) => void logged.push(JSON.stringify(all)),
    info: () => undefined,
  } as unknown as Parameters<typeof createAuthenticator>[0]["log"];
  return createAuthenticator({
    settings: { oidc: [own], allowLoopbackIssuers: true, ...more },
    ...{ tokens: none, clock: { now: () => now }, monotonic: () => passed, log, timeoutMs: 500 },
  });
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

beforeAll(async () => {
  key = await newKey("k1");
});
beforeEach(async () => {
  issuer = await startIssuer({ now: () => now });
  issuer.keys = [key.jwk];
  logged = [];
});
afterEach(() => issuer.close());

async function refused(token: string, change: Partial<IssuerSettings> = {}): Promise<void> {
  await expect(authenticator(change).authenticate(bearer(token))).rejects.toBeInstanceOf(UnauthenticatedError);
}

test("a token of the issuer names its subject and has the roles of the mapping", async () => {
  const token = await issuer.sign(key, { groups: ["readers", "platform admins", "others"] });
  expect(await authenticator().authenticate(bearer(token))).toEqual({
    actor: { name: "okta:ada", source: "token" },
    roles: ["viewer", "admin"],
  });
});

describe("roles", () => {
  const cases: readonly (readonly [
    string,
    IssuerSettings["rolesClaim"],
    Record<string, unknown>,
    readonly string[],
  ])[] = [
    ["a path with dots", "realm_access.roles", { realm_access: { roles: ["ops"] } }, ["admin"]],
    ["a claim with dots in its name", "https://example.com/roles", { "https://example.com/roles": ["ops"] }, ["admin"]],
    [
      "keys one by one",
      ["resource_access", "a.b", "roles"],
      { resource_access: { "a.b": { roles: ["readers"] } } },
      ["viewer"],
    ],
    ["a single text", "groups", { groups: "platform admins" }, ["admin"]],
    ["a single text with a space is not taken apart", "groups", { groups: "x ops" }, []],
    ["scopes", "scope", { scope: "openid ops" }, ["admin"]],
    ["no mapping is no role", "groups", { groups: ["admin", "others"] }, []],
    ["no claim", "groups", { groups: undefined }, []],
    ["an object", "groups", { groups: { admin: "ops", ops: true } }, []],
    ["what is no text in the list", "groups", { groups: [["ops"], { ops: 1 }, 1, null, "readers"] }, ["viewer"]],
    ["another case", "groups", { groups: ["OPS"] }, []],
    ["a path through a prototype", "constructor.name", {}, []],
    ["a path through __proto__", "__proto__.groups", { groups: ["ops"] }, []],
  ];
  test.each(cases)("%s", async (_name, rolesClaim, claims, expected) => {
    const { roles } = await authenticator({ rolesClaim }).authenticate(bearer(await issuer.sign(key, claims)));
    expect(roles).toEqual(expected);
  });
});

describe("claims", () => {
  const refusals: readonly (readonly [string, () => Record<string, unknown>])[] = [
    ["another issuer", () => ({ iss: "https://evil.example" })],
    ["the issuer with a slash", () => ({ iss: `${issuer.url}/` })],
    ["the issuer in a list", () => ({ iss: [issuer.url] })],
    ["no issuer", () => ({ iss: undefined })],
    ["another audience", () => ({ aud: "other" })],
    ["a list of other audiences", () => ({ aud: ["other", "PORTCULLIS", ["portcullis"]] })],
    ["an audience that begins like ours", () => ({ aud: "portcullis2" })],
    ["no audience", () => ({ aud: undefined })],
    ["expired beyond the skew", () => ({ exp: seconds() - 60 })],
    ["no expiry", () => ({ exp: undefined })],
    ["an expiry as text", () => ({ exp: String(seconds() + 300) })],
    ["not yet valid, beyond the skew", () => ({ nbf: seconds() + 61 })],
    ["issued in the future, beyond the skew", () => ({ iat: seconds() + 61 })],
    ["no time of issue", () => ({ iat: undefined })],
    ["no subject", () => ({ sub: undefined })],
    ["a blank subject", () => ({ sub: " " })],
    ["a subject that is a number", () => ({ sub: 7 })],
    ["a subject with a line end", () => ({ sub: "ada\nadmin" })],
    ["a subject with an escape of the terminal", () => ({ sub: "ada\u001b[2J" })],
    ["a subject with a mark that turns the direction", () => ({ sub: "ada\u202ebob" })],
    ["a subject with half a character", () => ({ sub: "ada\ud800" })],
    ["a subject that is too long", () => ({ sub: "a".repeat(256) })],
    ["a token that is bound to a key", () => ({ cnf: { jkt: "x" } })],
  ];
  test.each(refusals)("%s is refused", async (_name, claims) => {
    await refused(await issuer.sign(key, claims()));
  });

  const accepted: readonly (readonly [string, () => Record<string, unknown>])[] = [
    ["one of several audiences", () => ({ aud: ["other", "portcullis"] })],
    ["expired within the skew", () => ({ exp: seconds() - 59 })],
    ["not yet valid, within the skew", () => ({ nbf: seconds() + 60 })],
    ["issued within the skew", () => ({ iat: seconds() + 60 })],
  ];
  test.each(accepted)("%s is accepted", async (_name, claims) => {
    expect(await authenticator().authenticate(bearer(await issuer.sign(key, claims())))).toMatchObject({
      roles: ["viewer"],
    });
  });

  test("without skew, the second of the expiry is too late", async () => {
    const change = { clockSkewSeconds: 0 };
    await refused(await issuer.sign(key, { exp: seconds() }), change);
    await authenticator(change).authenticate(bearer(await issuer.sign(key, { exp: seconds() + 1 })));
  });

  test("a token that was let in is refused when it expires, also within the second for which it is remembered", async () => {
    const one = authenticator();
    const token = await issuer.sign(key, { exp: seconds() - 59 });
    await one.authenticate(bearer(token));
    now = new Date(now.getTime() + 1_000); // the clock of the wall only
    await expect(one.authenticate(bearer(token))).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("another claim may name the caller", async () => {
    const token = await issuer.sign(key, { email: "ada@example.com" });
    expect((await authenticator({ nameClaim: "email" }).authenticate(bearer(token))).actor.name).toBe(
      "okta:ada@example.com",
    );
    await refused(token, { nameClaim: "toString" });
  });
});

describe("forged tokens", () => {
  const claims = (): Record<string, unknown> => ({
    ...{ iss: issuer.url, aud: "portcullis", sub: "eve", iat: seconds(), exp: seconds() + 300, groups: ["ops"] },
  });
  const text = (value: unknown): string => base64url.encode(typeof value === "string" ? value : JSON.stringify(value));
  const unsigned = (header: object, signature = ""): string => `${text(header)}.${text(claims())}.${signature}`;
  const signedBy = (own: IssuerKey, header: Record<string, unknown>, payload = JSON.stringify(claims())) =>
    new CompactSign(new TextEncoder().encode(payload))
      .setProtectedHeader({ alg: own.alg, ...header })
      .sign(own.privateKey);
  const hmac = (secret: string | Buffer): string => {
    const head = `${text({ alg: "HS256", kid: "k1", typ: "JWT" })}.${text(claims())}`;
    return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
  };
  /** The header of a good token, with the text as it is. */
  const rawHeader = async (json: string, { privateKey } = key): Promise<string> => {
    const body = `${text(json)}.${text(claims())}`;
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", privateKey, new TextEncoder().encode(body));
    return `${body}.${Buffer.from(signature).toString("base64url")}`;
  };

  test("what the forgeries are made with makes good tokens too", async () => {
    const payload = JSON.stringify(claims());
    for (const token of [await rawHeader('{"alg":"RS256","kid":"k1"}'), await signedBy(key, { kid: "k1" }, payload)])
      expect(await authenticator().authenticate(bearer(token))).toMatchObject({ roles: ["admin"] });
  });

  test("a key that is short", async () => {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
    for (const [modulusLength, isRefused] of [
      [1_024, true],
      [2_048, false],
    ] as const) {
      const { publicKey, privateKey } = await crypto.subtle.generateKey({ ...algorithm, modulusLength }, true, [
        "sign",
        "verify",
      ]);
      const jwk = (await crypto.subtle.exportKey("jwk", publicKey)) as IssuerKey["jwk"];
      issuer.keys = [{ ...jwk, kid: "short" }];
      const token = await rawHeader('{"alg":"RS256","kid":"short"}', { ...key, privateKey });
      if (isRefused) await refused(token);
      else expect(await authenticator().authenticate(bearer(token))).toMatchObject({ roles: ["admin"] });
    }
  });

  const forgeries: readonly (readonly [string, () => string | Promise<string>])[] = [
    ["alg none", () => unsigned({ alg: "none", kid: "k1" })],
    ["alg None", () => unsigned({ alg: "None", kid: "k1" })],
    [
      "alg none with a signature",
      async () => unsigned({ alg: "none", kid: "k1" }, (await issuer.sign(key)).split(".")[2]),
    ],
    ["no alg", () => unsigned({ kid: "k1" })],
    ["alg in a list", () => unsigned({ alg: ["RS256"], kid: "k1" })],
    ["no signature", () => unsigned({ alg: "RS256", kid: "k1" })],
    [
      "HS256 with the public key as PEM",
      async () =>
        hmac(
          await exportSPKI(
            (await importJWK({ ...key.jwk, ext: true }, "RS256", { extractable: true })) as Parameters<
              typeof exportSPKI
            >[0],
          ),
        ),
    ],
    ["HS256 with the public key as JSON", () => hmac(JSON.stringify(key.jwk))],
    ["HS256 with the modulus", () => hmac(Buffer.from(key.jwk.n ?? "", "base64url"))],
    ["HS256 with nothing", () => hmac("")],
    ["another key under the same id", async () => issuer.sign(await newKey("k1"))],
    [
      "another key that the header brings along",
      async () => {
        const own = await newKey("k9");
        return signedBy(own, { jwk: own.jwk });
      },
    ],
    [
      "a key's address in the header",
      async () => signedBy(await newKey("k9"), { kid: "k9", jku: `${issuer.url}/evil` }),
    ],
    [
      "a certificate's address in the header",
      async () => signedBy(await newKey("k9"), { kid: "k9", x5u: `${issuer.url}/evil` }),
    ],
    ["an id of a key that is a path", async () => issuer.sign({ ...(await newKey("x")), kid: "../../../../dev/null" })],
    ["an id of a key that is a statement", async () => issuer.sign({ ...(await newKey("x")), kid: "' or '1'='1" })],
    [
      "an id of a key that is a property of every object",
      async () => issuer.sign({ ...(await newKey("x")), kid: "__proto__" }),
    ],
    ["an id of a key that is no text", () => signedBy(key, { kid: 1 })],
    ["an id of a key that is very long", async () => issuer.sign({ ...(await newKey("x")), kid: "k".repeat(2_000) })],
    [
      "an algorithm that is not allowed",
      async () => {
        const own = await newKey("k1", "ES384");
        issuer.keys = [own.jwk];
        return issuer.sign(own);
      },
    ],
    ["an algorithm that is not the key's", async () => issuer.sign(await newKey("k1", "PS256"))],
    [
      "an extension that must be understood and is not",
      () => rawHeader('{"alg":"RS256","kid":"k1","crit":["x"],"x":1}'),
    ],
    ["an empty crit", () => rawHeader('{"alg":"RS256","kid":"k1","crit":[]}')],
    ["a payload that is not encoded", () => rawHeader('{"alg":"RS256","kid":"k1","crit":["b64"],"b64":false}')],
    ["a type of another purpose", () => issuer.sign(key, {}, { typ: "logout+jwt" })],
    ["a type of another purpose, dpop", () => issuer.sign(key, {}, { typ: "dpop+jwt" })],
    ["a type that is no text", () => rawHeader('{"alg":"RS256","kid":"k1","typ":["JWT"]}')],
    ["a name twice in the header", () => rawHeader('{"alg":"none","alg":"RS256","kid":"k1"}')],
    [
      "a name twice in the claims",
      () => signedBy(key, { kid: "k1" }, JSON.stringify(claims()).replace("{", '{"sub":"ada",')),
    ],
    [
      "a name twice in the claims, written in another way",
      () => signedBy(key, { kid: "k1" }, JSON.stringify(claims()).replace("{", '{"\\u0073ub":"ada",')),
    ],
    ["claims that are a list", () => signedBy(key, { kid: "k1" }, "[]")],
    ["claims that are no JSON", () => signedBy(key, { kid: "k1" }, "{")],
    ["claims that are deep", () => signedBy(key, { kid: "k1" }, `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`)],
    [
      "changed claims",
      async () => {
        const [head, , signature] = (await issuer.sign(key)).split(".");
        return [head, text(claims()), signature].join(".");
      },
    ],
    ["more than 16 KiB", () => issuer.sign(key, { more: "x".repeat(16_384) })],
    ["four parts", async () => `${await issuer.sign(key)}.x`],
    ["five parts, as encrypted ones have", () => "e30.e30.e30.e30.e30"],
    ["two parts", () => "e30.e30"],
    ["nothing but dots", () => ".."],
    ["no token at all", () => "x"],
  ];
  test.each(forgeries)("%s", async (_name, forge) => {
    await refused(await forge());
  });

  test("and neither the header's addresses nor anything of a refused algorithm leads to a request", async () => {
    const one = authenticator();
    await one.authenticate(bearer(await issuer.sign(key)));
    expect(issuer.fetched()).toBe(1);
    passed += 20_000;
    for (const token of [unsigned({ alg: "none", kid: "new" }), hmac("x")])
      await expect(one.authenticate(bearer(token))).rejects.toBeInstanceOf(UnauthenticatedError);
    expect(issuer.fetched()).toBe(1);
  });
});

describe("algorithms", () => {
  test.each(["RS256", "PS256", "ES256", "EdDSA"])("%s", async (alg) => {
    const own = await newKey("k", alg);
    issuer.keys = [own.jwk];
    expect(await authenticator().authenticate(bearer(await issuer.sign(own)))).toMatchObject({ roles: ["viewer"] });
  });

  test("one that is configured is allowed, and no other then", async () => {
    const own = await newKey("k", "ES384");
    issuer.keys = [own.jwk, key.jwk];
    const change = { algorithms: ["ES384"] } as const;
    await authenticator({ algorithms: [...change.algorithms] }).authenticate(bearer(await issuer.sign(own)));
    await refused(await issuer.sign(key), { algorithms: [...change.algorithms] });
  });

  test("what is published and is no public key for signatures does not count", async () => {
    issuer.keys = [
      { kty: "oct", k: base64url.encode("secret"), kid: "h" },
      { ...key.jwk, kid: "enc", use: "enc" },
      key.jwk,
    ];
    await authenticator().authenticate(bearer(await issuer.sign(key)));
    await refused(await issuer.sign({ ...key, kid: "enc" }));
  });
});

describe("keys", () => {
  let second: IssuerKey;
  beforeAll(async () => {
    second = await newKey("k2");
  });
  const unavailable = { status: 503, code: "unavailable" };

  test("a new one is fetched when a token names it, the old ones are gone when the issuer takes them back", async () => {
    const one = authenticator();
    const old = await issuer.sign(key);
    await one.authenticate(bearer(old));
    issuer.keys = [second.jwk];
    pass(11_000);
    expect(await one.authenticate(bearer(await issuer.sign(second)))).toMatchObject({ roles: ["viewer"] });
    expect(issuer.fetched()).toBe(2);
    await expect(one.authenticate(bearer(old))).rejects.toBeInstanceOf(UnauthenticatedError);
  });

  test("unknown ones lead to one request in ten seconds, however many ask", async () => {
    const one = authenticator();
    await one.authenticate(bearer(await issuer.sign(key)));
    pass(11_000);
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, i) => issuer.sign({ ...second, kid: `made-up-${i}` })),
    );
    const outcomes = await Promise.allSettled(tokens.map((token) => one.authenticate(bearer(token))));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(issuer.fetched()).toBe(2);
    pass(11_000);
    await expect(one.authenticate(bearer(tokens[0] ?? ""))).rejects.toBeInstanceOf(UnauthenticatedError);
    expect(issuer.fetched()).toBe(3);
  });

  test("they are fetched again after ten minutes, and nobody waits for that", async () => {
    const one = authenticator();
    await one.authenticate(bearer(await issuer.sign(key)));
    pass(11 * 60_000);
    let answer: (() => void) | undefined;
    issuer.behaviour.jwks = (response) => (answer = () => response.end(JSON.stringify({ keys: [second.jwk] })));
    await one.authenticate(bearer(await issuer.sign(key)));
    while (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    answer();
    expect(await one.authenticate(bearer(await issuer.sign(second)))).toMatchObject({ roles: ["viewer"] });
  });

  test.each(["discovery", "jwks"] as const)(
    "while its %s is down, known keys count, unknown ones are answered with 503",
    async (what) => {
      const one = authenticator();
      await one.authenticate(bearer(await issuer.sign(key)));
      issuer.behaviour[what] = "down";
      pass(11 * 60_000);
      expect(await one.authenticate(bearer(await issuer.sign(key)))).toMatchObject({ roles: ["viewer"] });
      await expect(one.authenticate(bearer(await issuer.sign(second)))).rejects.toMatchObject(unavailable);
      pass(1_000);
      await expect(one.authenticate(bearer(await issuer.sign(second)))).rejects.toMatchObject(unavailable);
      issuer.behaviour[what] = "ok";
      issuer.keys = [second.jwk];
      pass(11_000);
      expect(await one.authenticate(bearer(await issuer.sign(second)))).toMatchObject({ roles: ["viewer"] });
    },
  );

  test("keys that nobody confirmed for a day do not count any more", async () => {
    const one = authenticator();
    await one.authenticate(bearer(await issuer.sign(key)));
    issuer.behaviour.jwks = "down";
    pass(25 * 60 * 60_000);
    await expect(one.authenticate(bearer(await issuer.sign(key)))).rejects.toMatchObject(unavailable);
  });

  const broken: readonly (readonly [string, (issuer: TestIssuer) => void, RegExp])[] = [
    [
      "says that it is another one",
      ({ behaviour }) => (behaviour.says = "https://other.example"),
      /says that it is https:..other.example/,
    ],
    ["says that it is the same with a slash", ({ behaviour }) => (behaviour.says += "/"), /to the letter/],
    [
      "has its keys elsewhere in the clear",
      ({ behaviour }) => (behaviour.jwksUri = "http://example.com/keys"),
      /not an address with https/,
    ],
    [
      "has its keys in a file",
      ({ behaviour }) => (behaviour.jwksUri = "file:///etc/passwd"),
      /not an address with https/,
    ],
    [
      "has its keys with a password",
      ({ behaviour }) => (behaviour.jwksUri = behaviour.jwksUri.replace("//", "//a:b@")),
      /not an address with https/,
    ],
    [
      "sends elsewhere",
      ({ behaviour }) => (behaviour.jwks = (r) => r.writeHead(302, { location: "/other" }).end()),
      /redirect/,
    ],
    ["answers 500", ({ behaviour }) => (behaviour.jwks = (r) => r.writeHead(500).end("{}")), /status 500/],
    ["answers HTML", ({ behaviour }) => (behaviour.jwks = (r) => r.end("<html>")), /JSON/],
    ["answers without keys", ({ behaviour }) => (behaviour.jwks = (r) => r.end("{}")), /not a JSON Web Key Set/],
    ["has no keys", (one) => (one.keys = []), /no key for signatures/],
    ["has too many keys", (one) => (one.keys = Array.from({ length: 101 }, () => key.jwk)), /more than 100 keys/],
    [
      "answers without end",
      ({ behaviour }) =>
        (behaviour.jwks = (r) => {
          const timer = setInterval(() => r.write("x".repeat(65_536)), 1);
          r.on("close", () => {
            clearInterval(timer);
          });
        }),
      /more than 262144 bytes/,
    ],
    ["never answers", ({ behaviour }) => (behaviour.jwks = () => undefined), /timeout|aborted/i],
    [
      "stops in the middle",
      ({ behaviour }) =>
        (behaviour.discovery = (r) => {
          r.writeHead(200, { "content-length": "100" });
          r.write("{");
          setTimeout(() => r.socket?.destroy(), 10);
        }),
      /terminated|closed/,
    ],
  ];
  test.each(broken)("an issuer that %s: 503, and the log says why", async (_name, breakIt, reason) => {
    breakIt(issuer);
    await expect(authenticator().authenticate(bearer(await issuer.sign(key)))).rejects.toMatchObject(unavailable);
    expect(logged.join("\n")).toMatch(reason);
  });

  test("in the clear is for this machine only, and only when it is allowed", async () => {
    const token = await issuer.sign(key);
    await expect(authenticator({}, { allowLoopbackIssuers: false }).authenticate(bearer(token))).rejects.toMatchObject(
      unavailable,
    );
    expect(issuer.fetched()).toBe(0);
  });
});

describe("several issuers", () => {
  let other: TestIssuer;
  let foreign: IssuerKey;
  beforeAll(async () => {
    other = await startIssuer({ now: () => now });
    foreign = await newKey("k1");
    other.keys = [foreign.jwk];
  });
  afterAll(() => other.close());

  test("each signs for itself", async () => {
    const both = (): IdentitySettings => ({
      oidc: [
        {
          name: "okta",
          issuer: issuer.url,
          audience: "portcullis",
          rolesClaim: "groups",
          roles: { viewer: ["readers"] },
        },
        {
          name: "ci",
          issuer: other.url,
          audience: "portcullis",
          rolesClaim: "groups",
          roles: { operator: ["readers"] },
        },
      ],
    });
    const one = authenticator({}, both());
    expect(await one.authenticate(bearer(await issuer.sign(key)))).toEqual({
      actor: { name: "okta:ada", source: "token" },
      roles: ["viewer"],
    });
    expect(await one.authenticate(bearer(await other.sign(foreign)))).toEqual({
      actor: { name: "ci:ada", source: "token" },
      roles: ["operator"],
    });
    const mixed = await other.sign(foreign, { iss: issuer.url });
    await expect(one.authenticate(bearer(mixed))).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});
