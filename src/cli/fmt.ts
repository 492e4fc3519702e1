import { Option, type Command } from "commander";
import { realpathSync } from "node:fs";
import { defaultMaximumBytes, readStream } from "../../scanners/code/files.js";
import { formatRego } from "../engine/rego/format.js";
import { readRegoFiles, type RegoFile } from "../engine/rego/rego-files.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { createOutput } from "./output.js";

interface Flags {
  readonly check?: boolean;
  readonly diff?: boolean;
  readonly write?: boolean;
  readonly regoVersion: "auto" | "v0" | "v1";
}

const examples = `
Examples:
  portcullis fmt policy/one.rego            the formatted text
  portcullis fmt --check policy/            the files that differ; exit 1 when there are any
  portcullis fmt --diff policy/             what would change
  portcullis fmt --write policy/            change the files
  cat one.rego | portcullis fmt -

Exit codes: 0 done, 1 with --check or --diff when something differs, 2 wrong usage or what is no Rego; such a file is never changed.`;

export function addFmtCommand(program: Command): void {
  program
    .command("fmt")
    .description("format Rego as OPA does")
    .argument("[path...]", "files and folders; - reads standard input, which is the default")
    .addOption(new Option("--check", "list the files that differ").conflicts(["diff", "write"]))
    .addOption(new Option("--diff", "show what would change").conflicts(["check", "write"]))
    .addOption(new Option("--write", "change the files, and list them").conflicts(["check", "diff"]))
    .addOption(
      new Option("--rego-version <version>", "how to read the Rego").choices(["auto", "v1", "v0"]).default("auto"),
    )
    .addHelpText("after", examples)
    .action(async (paths: string[], flags: Flags) => {
      process.exitCode = await format(paths, flags);
    });
}

interface Change extends RegoFile {
  readonly formatted: string;
}

const standardInput = "-";
const output = createOutput({ color: false, progress: false, quiet: false });

async function format(paths: readonly string[], flags: Flags): Promise<0 | 1 | 2> {
  const files = await read(paths);
  if (flags.write === true && files.some(({ path }) => path === standardInput))
    throw new PortcullisError("usage", "--write: standard input cannot be changed; name files or folders");
  const { texts, errors } = await formatRego(files.map((file) => ({ ...file, version: flags.regoVersion })));
  const broken = new Set(errors.map(({ file }) => file));
  const whole = files
    .map((file, at): Change => ({ ...file, formatted: texts[at] ?? file.text }))
    .filter(({ path }) => !broken.has(path));
  const changes = whole.filter(({ text, formatted }) => text !== formatted);
  const text = await shown(whole, changes, flags);
  if (text !== "") await output.result(text, null);
  for (const { file, line, column, message } of errors)
    process.stderr.write(`portcullis: ${printable(`${file}:${line}:${column}: ${message}`)}\n`);
  if (errors.length > 0) return 2;
  return changes.length > 0 && (flags.check === true || flags.diff === true) ? 1 : 0;
}

async function read(paths: readonly string[]): Promise<RegoFile[]> {
  const isStandardInput = paths.length === 0 || paths.includes(standardInput);
  if (!isStandardInput) return readRegoFiles(paths, { tests: true });
  if (paths.length > 1) throw new PortcullisError("usage", "- stands for standard input alone: name no other path");
  return [{ path: standardInput, text: await readStream(process.stdin, defaultMaximumBytes) }];
}

async function shown(whole: readonly Change[], changes: readonly Change[], flags: Flags): Promise<string> {
  if (flags.diff === true) return diffOf(changes);
  if (flags.check !== true && flags.write !== true) return whole.map(({ formatted }) => formatted).join("\n");
  if (flags.write === true)
    for (const { path, formatted } of changes) await output.result(formatted, realpathSync(path));
  return changes.map(({ path }) => `${printable(path)}\n`).join("");
}

async function diffOf(changes: readonly Change[]): Promise<string> {
  const { createTwoFilesPatch } = await import("diff");
  return changes
    .map(({ path, text, formatted }) =>
      createTwoFilesPatch(printable(path), printable(path), text, formatted, "", "", { timeout: 10_000 }),
    )
    .join("");
}
