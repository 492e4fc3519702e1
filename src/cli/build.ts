import { readFileSync, writeFileSync } from "node:fs";
import { Option, type Command } from "commander";
import { messageOf, PortcullisError } from "../errors.js";
import { buildBundle } from "../engine/rego/bundle/build-bundle.js";
import { signingKey, type Signing } from "../engine/rego/bundle/signature.js";
import { signingAlgorithms } from "../api/opa/opa-settings.js";
import { collect } from "./options.js";

interface Flags {
  readonly bundle?: boolean;
  readonly output: string;
  readonly revision?: string;
  readonly ignore?: readonly string[];
  readonly regoVersion: "auto" | "v1" | "v0";
  readonly signingKey?: string;
  readonly signingAlg: string;
  readonly signingKeyId?: string;
  readonly scope?: string;
}

const examples = `
Examples:
  portcullis build policies/ data.json -o bundle.tar.gz
  portcullis build -b ./bundle --revision "$(git rev-parse HEAD)" --signing-key key.pem -o bundle.tar.gz

The policies are compiled before they are packed: what does not compile is no bundle. The same files give the same bytes. OPA
takes the bundle too (opa run -b bundle.tar.gz --verification-key public.pem).

Exit codes: 0 built, 2 wrong usage, or files that cannot be read or do not compile.`;

export function addBuildCommand(program: Command): void {
  program
    .command("build")
    .description("pack policies and data into a bundle, signed where there is a key")
    .argument("<path...>", "files and folders with policies (.rego) and data (JSON, YAML)")
    .option("-b, --bundle", "the path is the root of a bundle, with its .manifest")
    .option("-o, --output <file>", "where the bundle goes", "bundle.tar.gz")
    .option("-r, --revision <text>", "what the manifest says of the bundle's revision")
    .option("--ignore <pattern>", "names of files and folders to pass over, such as *_test.rego (repeatable)", collect)
    .addOption(
      new Option("--rego-version <version>", "how to read the Rego").choices(["auto", "v1", "v0"]).default("v1"),
    )
    .option("--signing-key <file>", "private key in PEM (or the secret, for HS256 and its like)")
    .addOption(new Option("--signing-alg <name>", "how to sign").choices(signingAlgorithms).default("RS256"))
    .option("--signing-key-id <id>", "what verifiers know the key by")
    .option("--scope <text>", "what the signature is for")
    .addHelpText("after", examples)
    .action(build);
}

async function build(paths: readonly string[], flags: Flags): Promise<void> {
  const bytes = await buildBundle(paths, {
    isBundle: flags.bundle === true,
    revision: flags.revision ?? null,
    ignore: flags.ignore ?? [],
    regoVersion: flags.regoVersion,
    signing: signingOf(flags),
  });
  try {
    writeFileSync(flags.output, bytes);
  } catch (cause) {
    throw new PortcullisError("usage", `the bundle cannot be written to ${flags.output}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function signingOf({ signingKey: file, signingAlg, signingKeyId, scope }: Flags): Signing | null {
  if (file === undefined) return null;
  try {
    const key = signingKey(readFileSync(file, "utf8"), signingAlg);
    return { key, algorithm: signingAlg, keyid: signingKeyId ?? null, scope: scope ?? null };
  } catch (cause) {
    const message = `the signing key ${file} cannot be used: ${messageOf(cause)}; expected a private key in PEM`;
    throw new PortcullisError("input-unreadable", message, { cause, places: [{ file }] });
  }
}
