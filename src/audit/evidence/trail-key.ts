// The key that signs packages where no other is named: the one that signs the trail's checkpoints now.
import { PortcullisError } from "../../errors.js";
import type { Audit } from "../database-trail.js";
import { readSigningKeys, type SigningKey } from "../signing-key.js";

/** Throws `config-invalid` where there is none on this machine. */
export async function trailKey(audit: Pick<Audit, "checkpoint" | "signers">, folder: string): Promise<SigningKey> {
  await audit.checkpoint();
  const current = (await audit.signers()).at(-1)?.statement.signer;
  const key = readSigningKeys({ folder, environment: process.env }).find(({ id }) => id === current);
  if (key !== undefined) return key;
  throw new PortcullisError(
    "config-invalid",
    current === undefined
      ? "nothing is audited yet, so there is no key to sign with: scan first, or give --signing-key FILE"
      : `the audit trail's key ${current} is not on this machine; give --signing-key FILE`,
  );
}
