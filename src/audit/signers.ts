// Whose signatures count, and from when on. The trail says it itself: each key is brought in by an entry that the key before it
// signed; the first one signs itself, and is trusted because it was first, or because whoever verifies knows it.
import { z } from "zod";
import type { JsonObject } from "../json.js";
import { canonicalJson } from "./canonical-json.js";
import { isHash } from "./chain.js";
import { isSignedBy, keyId, type SigningKey } from "./signing-key.js";

export const signerKind = "audit.signer-added";

/** The details of an entry of that kind. */
export interface SignerStatement {
  readonly trail: string;
  readonly signer: string;
  /** DER SPKI, base64. */
  readonly spki: string;
  /** The key that signed this; null for the first, which signed it itself. */
  readonly previous: string | null;
  /** Base64. */
  readonly signature: string;
}

export interface Signer {
  /** The entry that brought it in. */
  readonly seq: number;
  readonly statement: SignerStatement;
}

const hash = z.string().refine(isHash);
const base64 = z.string().max(200);
export const statementShape = z.strictObject({
  ...{ trail: z.string().max(100), signer: hash, spki: base64, previous: hash.nullable(), signature: base64 },
});

export function signerStatement(
  trail: string,
  key: SigningKey,
  previous: SigningKey | null,
): JsonObject & SignerStatement {
  const unsigned = { trail, signer: key.id, spki: key.spki, previous: previous?.id ?? null };
  return { ...unsigned, signature: (previous ?? key).sign(signedText(unsigned)) };
}

function signedText({ trail, signer, spki, previous }: Omit<SignerStatement, "signature">): string {
  return `portcullis.audit.signer.v1\n${canonicalJson({ trail, signer, spki, previous })}`;
}

/** The keys in the order in which they came. */
export class Signers {
  readonly #trail: string;
  readonly #accepted: Signer[] = [];

  constructor(trail: string) {
    this.#trail = trail;
  }

  get list(): readonly Signer[] {
    return this.#accepted;
  }

  /** Takes a statement when it counts; says why when it does not. */
  add(seq: number, details: unknown): string | null {
    const parsed = statementShape.safeParse(details);
    if (!parsed.success) return "it is not a statement of a key";
    const { data: statement } = parsed;
    const last = this.#accepted.at(-1);
    if (statement.trail !== this.#trail) return "it is of another trail";
    if (statement.signer !== keyId(Buffer.from(statement.spki, "base64"))) return "its id is not that of its key";
    if (statement.previous !== (last?.statement.signer ?? null)) return "it does not follow the key in force";
    if (last !== undefined && last.seq >= seq) return "it does not come after the key in force";
    if (!isSignedBy(last?.statement.spki ?? statement.spki, signedText(statement), statement.signature))
      return "the key in force did not sign it";
    this.#accepted.push({ seq, statement });
    return null;
  }

  /** The key in force when the entry was the last one. */
  at(seq: number): SignerStatement | null {
    return this.#accepted.findLast((signer) => signer.seq <= seq)?.statement ?? null;
  }
}
