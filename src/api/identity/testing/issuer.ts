// An OpenID Connect issuer of a test: real HTTP, real keys, and every way in which one breaks.
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters } from "jose";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newKey(kid: string, alg = "RS256"): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** How the next answers are; `ok` for what a well issuer says. */
export interface Behaviour {
  discovery: "ok" | "down" | ((response: ServerResponse) => void);
  jwks: "ok" | "down" | ((response: ServerResponse) => void);
  /** What the document says the issuer is. */
  says: string;
  jwksUri: string;
}

export interface TestIssuer {
  readonly url: string;
  readonly behaviour: Behaviour;
  /** Published, in order. */
  keys: readonly JWK[];
  /** Requests for the keys so far. */
  readonly fetched: () => number;
  sign(key: IssuerKey, claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer({ now }: { readonly now: () => Date }): Promise<TestIssuer> {
  let fetched = 0;
  const server = createServer((request, response) => {
    const [what, document] =
      request.url === "/.well-known/openid-configuration"
        ? (["discovery", { issuer: behaviour.says, jwks_uri: behaviour.jwksUri, other: 1 }] as const)
        : (["jwks", { keys: issuer.keys }] as const);
    if (what === "jwks") fetched++;
    const how = behaviour[what];
    if (how === "down") response.socket?.destroy();
    else if (how === "ok") response.setHeader("content-type", "application/json").end(JSON.stringify(document));
    else how(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const behaviour: Behaviour = { discovery: "ok", jwks: "ok", says: url, jwksUri: `${url}/keys` };
  const seconds = (): number => Math.floor(now().getTime() / 1_000);
  const issuer: TestIssuer = {
    ...{ url, behaviour, keys: [], fetched: () => fetched },
    sign: ({ kid, alg, privateKey }, claims = {}, header = {}) =>
      new SignJWT({
        ...{ iss: url, aud: "portcullis", sub: "ada", iat: seconds(), exp: seconds() + 300, groups: ["readers"] },
        ...claims,
      })
        .setProtectedHeader({ alg, kid, typ: "JWT", ...header })
        .sign(privateKey),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return issuer;
}
