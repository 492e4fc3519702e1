import type { Command } from "commander";
import { PortcullisError } from "../errors.js";
import { addPolicyFlags, addTerminalFlags, collect } from "./options.js";
import { remediateCode, type RemediateCodeFlags } from "./remediate-code.js";

interface RemediateFlags extends RemediateCodeFlags {
  readonly code?: boolean;
}

const examples = `
Examples:
  portcullis remediate --code infra/ > fix.patch && git apply fix.patch
  portcullis remediate --code --policy-id aws-s3-block-public-access --write infra/

Exit codes: 0 every failure has a patch, 1 one has none, 2 wrong usage or unreadable input, 3 incomplete.`;

export function addRemediateCommand(program: Command): void {
  const command = program
    .command("remediate")
    .description("put right what policies find")
    .argument("[path...]", "with --code: files or folders of infrastructure code")
    .option("--code", "propose a patch of infrastructure code")
    .option("--policy-id <id>", "of this policy only (repeatable)", collect)
    .option("--format <name>", "diff or json (default: diff)")
    .option("--output <file>", "write the patch to a file")
    .option("--write", "change the files")
    .option("--waivers <file>", "approved exceptions of a file (repeatable)", collect)
    .option("--var-file <file>", "Terraform variables (repeatable)", collect)
    .option("--var <name=value>", "a Terraform variable (repeatable)", collect)
    .option("--parameter <name=value>", "a CloudFormation parameter (repeatable)", collect)
    .option("--region <region>", "the region that CloudFormation templates are meant for");
  addTerminalFlags(addPolicyFlags(command))
    .addHelpText("after", examples)
    .action(async (paths: string[], flags: RemediateFlags) => {
      if (flags.code !== true) throw new PortcullisError("usage", "remediate: expected --code PATH...");
      process.exitCode = await remediateCode(paths, flags);
    });
}
