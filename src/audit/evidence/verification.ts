// What is found out about a package: by check, and together.

export interface Check {
  readonly name: string;
  /** `not-proved`: nothing speaks against it, and nothing in the package, or no key that was given, proves it. */
  readonly status: "proved" | "wrong" | "not-proved";
  readonly detail: string;
}

export interface Verification {
  readonly package: string;
  /** `wrong` if any check is; `proved` only if all are. */
  readonly verdict: Check["status"];
  readonly signer: { readonly keyid: string; readonly authenticated: boolean } | null;
  readonly baseline: string | null;
  readonly period: { readonly from: string; readonly to: string } | null;
  readonly checks: readonly Check[];
  /** What no package can prove. */
  readonly beyond: readonly string[];
}

export const beyondProof: readonly string[] = [
  "that the cloud's interfaces told the truth, and that the scans were pointed at all accounts that matter",
  "that summary.html, summary.pdf and the OSCAL documents word what the lists say well: the lists are what counts",
  "that who holds the signing key is who you think: get the public key from them by another way",
];

export function verdictOf(checks: readonly Check[]): Check["status"] {
  if (checks.length === 0 || checks.some(({ status }) => status === "wrong")) return "wrong";
  return checks.every(({ status }) => status === "proved") ? "proved" : "not-proved";
}
