// The first thing that an auditor reads.
import { manifestName } from "./package.js";
import type { ExportRequest } from "./sources.js";

export function readme(
  { baseline, period, signingKey, sampleSize, version, form }: ExportRequest,
  seed: string,
): string {
  const unpack = form === "zip" ? "0. Unpack the zip file into an empty folder, and open a shell in it.\n\n" : "";
  return `EVIDENCE
========

${baseline.id} (${baseline.title.replace(/[^\x20-\x7e]/g, "?")})
from ${period.from} to ${period.to}, made by portcullis ${version}

WHAT IS IN IT
  summary.html, summary.pdf   for reading
  controls/NAME/              control.json: policies, outcome. population: every state of every resource that was judged.
                              sample: the items to look at, with the configuration that was judged. exceptions: what did
                              not pass, from when to when. timeline: how the control stood after each scan.
  configs/                    the configurations that were judged, by SHA-256 of their canonical JSON (RFC 8785)
  policies/                   sources, and which versions ran
  scans/, schedules/          all scans, gaps between them, what could not be looked at; runs, the missed ones too
  findings/, waivers/, changes/
  audit/                      the audit trail of the period and its entries on waivers, with inclusion proofs (RFC 6962),
                              signed checkpoints and public keys
  oscal/                      OSCAL assessment results and component definition
  ${manifestName}          the signed manifest: SHA-256 of every file
Lists are JSON Lines (.jsonl); the .csv beside each is made from it.

HOW TO READ AN OUTCOME
  no-exceptions   all that was judged passed or was waived, throughout the period
  exceptions      something failed at some time of the period
  undetermined    something could not be evaluated, or a part of the period has no scan: not a pass
  not-assessed    nothing was judged: not a pass

HOW TO VERIFY IT
With portcullis, on any machine, without a network:
  portcullis evidence verify PACKAGE --key signer.pem

With common tools (bash, jq, base64, openssl 3, sha256sum), and the signer's public key as signer.pem (PEM). Get the key from
the signer by another way than this package. Its id, the SHA-256 of the key in DER, should be
  ${signingKey.id}

${unpack}1. The key is the one that is named above:
     openssl pkey -pubin -in signer.pem -outform DER | sha256sum

2. The manifest is signed by it (DSSE, https://github.com/secure-systems-lab/dsse; any DSSE verifier does as well):
     jq -r .payload ${manifestName} | base64 -d > /tmp/statement.json
     jq -r '.signatures[0].sig' ${manifestName} | base64 -d > /tmp/signature
     { printf 'DSSEv1 28 application/vnd.in-toto+json %s ' "$(stat -c %s /tmp/statement.json)"; cat /tmp/statement.json; } > /tmp/signed
     openssl pkeyutl -verify -pubin -inkey signer.pem -rawin -in /tmp/signed -sigfile /tmp/signature

3. Every file is the one that the manifest names:
     jq -r '.subject[] | "\\(.digest.sha256)  \\(.name)"' /tmp/statement.json | sha256sum --check --quiet

4. There is no file besides (prints nothing):
     diff <(find . -type f | sort) <(jq -r '"./${manifestName}", (.subject[] | "./" + .name)' /tmp/statement.json | sort)

5. A control's sample was not chosen by hand: it is the ${sampleSize} lines of its population whose SHA-256 over the seed, a line
   feed and the line is lowest. The seed is
     ${seed}
   For one control (prints the sample's items in order; compare with sample.csv):
     seed=$(jq -r .predicate.sampling.seed /tmp/statement.json)
     while IFS= read -r line; do echo "$(printf '%s\\n%s' "$seed" "$line" | sha256sum | cut -c1-64) $line"; done \\
       < controls/NAME/population.jsonl | sort | head -n ${sampleSize} | cut -d' ' -f2- | jq .item

6. A configuration is the one that was judged: its canonical JSON has the hash that population.jsonl names. Where keys and
   texts are plain ASCII, as they mostly are, jq writes canonical JSON:
     jq -c -S .body configs/configurations.jsonl | head -1 | tr -d '\\n' | sha256sum
`;
}
