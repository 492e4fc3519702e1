#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { messageOf, PortcullisError } from "../errors.js";
import { packageVersion } from "../compose.js";
import { own } from "../json.js";
import { printable } from "../printable.js";
import { exitCodeOfError } from "./exit-code.js";

type AddCommand = (program: Command) => void;

/** In the order of `--help`. Each is loaded when it is named: a check in a pipeline does not wait for the others. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  check: async () => (await import("./check.js")).addCheckCommand,
  scan: async () => (await import("./scan.js")).addScanCommand,
  serve: async () => (await import("./serve.js")).addServeCommand,
  remediate: async () => (await import("./remediate.js")).addRemediateCommand,
  gitops: async () => (await import("./gitops.js")).addGitopsCommand,
  worker: async () => (await import("./worker.js")).addWorkerCommand,
  test: async () => (await import("./test.js")).addTestCommand,
  fmt: async () => (await import("./fmt.js")).addFmtCommand,
  eval: async () => (await import("./eval.js")).addEvalCommand,
  build: async () => (await import("./build.js")).addBuildCommand,
  policies: async () => (await import("./policies.js")).addPoliciesCommand,
  baselines: async () => (await import("./baselines.js")).addBaselinesCommand,
  drift: async () => (await import("./drift.js")).addDriftCommand,
  findings: async () => (await import("./findings.js")).addFindingsCommand,
  waivers: async () => (await import("./waivers.js")).addWaiversCommand,
  actions: async () => (await import("./actions.js")).addActionsCommand,
  environments: async () => (await import("./environments.js")).addEnvironmentsCommand,
  slo: async () => (await import("./slo.js")).addSloCommand,
  schedules: async () => (await import("./schedules.js")).addSchedulesCommand,
  events: async () => (await import("./events.js")).addEventsCommand,
  alerts: async () => (await import("./alerts.js")).addAlertsCommand,
  audit: async () => (await import("./audit.js")).addAuditCommand,
  evidence: async () => (await import("./evidence.js")).addEvidenceCommand,
  retention: async () => (await import("./retention.js")).addRetentionCommand,
  tokens: async () => (await import("./tokens.js")).addTokensCommand,
  doctor: async () => (await import("./doctor.js")).addDoctorCommand,
  completion: async () => (await import("./completion.js")).addCompletionCommand,
};

async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command("portcullis")
    .description("Policy as code for cloud infrastructure: check code before it is applied, scan what runs, prove it.")
    .version(packageVersion())
    .showHelpAfterError("(see portcullis --help)")
    .exitOverride();
  for (const add of await Promise.all(commandsFor(args).map((load) => load()))) add(program);
  for (const command of program.commands) overrideExit(command);
  return program;
}

/** Help and completion are about all of them, as is the advice on a name that is none; the version is about none. */
function commandsFor([name = ""]: readonly string[]): readonly (() => Promise<AddCommand>)[] {
  if (name === "--version" || name === "-V") return [];
  const named = name === "completion" ? undefined : own(commands, name);
  return named === undefined ? Object.values(commands) : [named];
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
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
