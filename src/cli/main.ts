#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { messageOf, PortcullisError } from "../errors.js";
import { packageVersion } from "../compose.js";
import { printable } from "../printable.js";
import { addAuditCommand } from "./audit.js";
import { addBaselinesCommand } from "./baselines.js";
import { addCheckCommand } from "./check.js";
import { addCompletionCommand } from "./completion.js";
import { addDoctorCommand } from "./doctor.js";
import { exitCodeOfError } from "./exit-code.js";
import { addEvalCommand } from "./eval.js";
import { addEvidenceCommand } from "./evidence.js";
import { addFindingsCommand } from "./findings.js";
import { addPoliciesCommand } from "./policies.js";
import { addRetentionCommand } from "./retention.js";
import { addScanCommand } from "./scan.js";
import { addSchedulesCommand } from "./schedules.js";
import { addTestCommand } from "./test.js";
import { addWaiversCommand } from "./waivers.js";

function createProgram(): Command {
  const program = new Command("portcullis")
    .description("Policy as code for cloud infrastructure: check code before it is applied, scan what runs, prove it.")
    .version(packageVersion())
    .showHelpAfterError("(see portcullis --help)")
    .exitOverride();
  addCheckCommand(program);
  addScanCommand(program);
  addTestCommand(program);
  addEvalCommand(program);
  addPoliciesCommand(program);
  addBaselinesCommand(program);
  addFindingsCommand(program);
  addWaiversCommand(program);
  addSchedulesCommand(program);
  addAuditCommand(program);
  addEvidenceCommand(program);
  addRetentionCommand(program);
  addDoctorCommand(program);
  addCompletionCommand(program);
  for (const command of program.commands) overrideExit(command);
  return program;
}

/** Commander would exit by itself with 1; wrong usage is 2 here. */
function overrideExit(command: Command): void {
  command.exitOverride().showHelpAfterError("(see --help)");
  for (const child of command.commands) overrideExit(child);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 || error.code === "commander.help" ? 0 : 2;
  const message = messageOf(error).split("\n").map(printable).join("\n");
  process.stderr.write(`portcullis: ${message}\n`);
  if (!(error instanceof PortcullisError)) {
    process.stderr.write("This is a defect of portcullis. PORTCULLIS_DEBUG=1 shows where it happened.\n");
  }
  if (process.env["PORTCULLIS_DEBUG"] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack ?? ""}\n`);
  return exitCodeOfError(error);
}

// A reader that has seen enough (`| head`) is no fault, and what was found out still decides the exit code.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
