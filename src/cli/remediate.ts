import type { Command } from "commander";
import { PortcullisError } from "../errors.js";
import { addPolicyFlags, addStoreFlags, addTerminalFlags, collect } from "./options.js";
import { remediateCode, type RemediateCodeFlags } from "./remediate-code.js";
import { remediateFlapping, type FlappingFlags } from "./remediate-flapping.js";
import { remediatePack } from "./remediate-pack.js";
import { remediateLive, type RemediateLiveFlags } from "./remediate-live.js";

type RemediateFlags = RemediateCodeFlags &
  Omit<RemediateLiveFlags & FlappingFlags, "format"> & { readonly code?: boolean };

const examples = `
Examples:
  portcullis remediate                                        plans what is open; nothing changes
  portcullis remediate --policy-id aws-ec2-no-public-ssh --apply
  portcullis remediate --finding 4f0c1f5b --format json
  portcullis remediate --flapping                             what the service stopped putting right
  portcullis remediate --release 4f0c1f5b                     lets it go on
  portcullis remediate --code infra/ > fix.patch && git apply fix.patch
  portcullis remediate --code --policy-id aws-s3-block-public-access --write infra/
  portcullis remediate --pack crossguard/platform infra/      what a policy pack proposes, as a patch
  portcullis remediate --pack crossguard/platform             the same for live resources, through the gate

Exit codes: 0 allowed or done (with --code: every failure has a patch), 1 denied, needs approval or was rolled back (a
failure has no patch), 2 wrong usage or unreadable input, 3 incomplete.`;

export function addRemediateCommand(program: Command): void {
  const command = program
    .command("remediate")
    .description("put right what policies find")
    .argument("[path...]", "with --code: files or folders of infrastructure code")
    .option("--code", "propose a patch of infrastructure code")
    .option("--pack <folder>", "what this Pulumi policy pack proposes; with a PATH as a patch (repeatable)", collect)
    .option("--policy-id <id>", "of this policy only (repeatable)", collect)
    .option("--finding <fingerprint>", "of this finding only; its beginning will do (repeatable)", collect)
    .option("--resource <id>", "of this resource only")
    .option("--account <id>", "of this account only")
    .option("--role-name <name>", "the role to assume in accounts that are not yours")
    .option("--endpoint-url <url>", "another address of the provider's API, such as a local server")
    .option("--apply", "apply what the gate allows; without it nothing changes")
    .option("--flapping", "list what the service does not put right any more, because somebody undoes it")
    .option("--release <fingerprint>", "let the service put this finding right again; its beginning will do")
    .option("--reason <text>", "why, for the audit trail")
    .option("--format <name>", "table or json; with --code: diff or json")
    .option("--output <file>", "write the patch to a file")
    .option("--write", "change the files")
    .option("--waivers <file>", "approved exceptions of a file (repeatable)", collect)
    .option("--var-file <file>", "Terraform variables (repeatable)", collect)
    .option("--var <name=value>", "a Terraform variable (repeatable)", collect)
    .option("--parameter <name=value>", "a CloudFormation parameter (repeatable)", collect)
    .option(
      "--region <region>",
      "of this region only; with --code: the region that CloudFormation templates are meant for",
    );
  addTerminalFlags(addStoreFlags(addPolicyFlags(command)))
    .addHelpText("after", examples)
    .action(async (paths: string[], flags: RemediateFlags) => {
      const isCode = flags.code === true || (flags.pack !== undefined && paths.length > 0);
      process.exitCode = isCode ? await remediateCode(paths, flags) : await live(paths, flags);
    });
}

function live(paths: readonly string[], flags: RemediateFlags): Promise<number> {
  if (paths.length > 0) throw new PortcullisError("usage", "a PATH goes with --code: live resources have none");
  const { format = "table" } = flags;
  if (format !== "table" && format !== "json")
    throw new PortcullisError("usage", `--format ${format}: expected table or json`);
  if (flags.pack !== undefined) return remediatePack({ ...flags, pack: flags.pack, format });
  if (flags.flapping === true || flags.release !== undefined) return remediateFlapping({ ...flags, format });
  return remediateLive({ ...flags, format });
}
