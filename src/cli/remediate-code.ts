// `portcullis remediate --code`: patches of infrastructure code.
import { relative } from "node:path";
import type { CodeProposal, Fixed, Refused } from "../../remediations/code/propose.js";
import { prepareRun } from "../compose.js";
import { readWaiverFiles } from "../compliance/waiver-file.js";
import { PortcullisError } from "../errors.js";
import { printable } from "../printable.js";
import { codeOptions, type CodeFlags } from "./check.js";
import { settingsOf, type CommonFlags } from "./options.js";
import { createOutput, type Output } from "./output.js";
import { changeLines, policiesOfPacks, withPacks } from "./remediate-pack.js";

export interface RemediateCodeFlags extends CommonFlags, CodeFlags {
  readonly policyId?: readonly string[];
  /** Policy packs: only what they propose. */
  readonly pack?: readonly string[];
  readonly write?: boolean;
}

const formats = ["diff", "json"];

/** Exit code 0 where every failure that was asked about has a patch, 1 where one has none, 2 and 3 as `check` has them. */
export async function remediateCode(paths: readonly string[], flags: RemediateCodeFlags): Promise<number> {
  const { format = "diff", ...rest } = flags;
  if (!formats.includes(format)) throw new PortcullisError("usage", `--format ${format}: expected diff or json`);
  if (paths.length === 0 || paths.includes("-"))
    throw new PortcullisError("usage", "--code: expected the files or folders to put right");
  const output = createOutput({ color: false, progress: flags.progress, quiet: flags.quiet ?? false });
  const proposal = await propose(paths, rest, output);
  const { patchBase, unifiedDiff, writeFiles } = await import("../../remediations/code/patch.js");
  const base = patchBase(proposal.files, process.cwd());
  const diff = unifiedDiff(proposal.files, base);
  if (flags.write === true) writeFiles(proposal.files);
  const text = format === "json" ? asJson(proposal, { base, diff, written: flags.write === true }) : shown(diff);
  if (text !== "") await output.result(text, flags.output ?? null);
  if (format === "diff") tell(proposal, { base, written: flags.write === true, output });
  return exitCodeOf(proposal);
}

async function propose(paths: readonly string[], given: RemediateCodeFlags, output: Output): Promise<CodeProposal> {
  const flags = withPacks(given, settingsOf(given).policy);
  const settings = settingsOf(flags);
  const waivers = await readWaiverFiles(settings.waiverFiles);
  const run = await prepareRun(settings);
  try {
    const policyIds = flags.policyId ?? policiesOfPacks(flags.pack ?? [], run.policies);
    for (const id of policyIds)
      if (!run.policies.some((policy) => policy.id === id))
        throw new PortcullisError(
          "usage",
          `--policy-id ${id}: there is no such policy; portcullis policies list has them`,
        );
    const [{ proposePatches }, { codeFixes }] = await Promise.all([
      import("../../remediations/code/propose.js"),
      import("../../remediations/code/index.js"),
    ]);
    return await proposePatches({
      paths,
      policyIds,
      fixes: codeFixes,
      code: codeOptions(flags, settings, false),
      run: { ...run, ...settings, waivers, baselines: [], progress: output.progress },
    });
  } finally {
    await run.packs?.close();
  }
}

/** What a terminal shows may not steer it; a pipe or a file gets the patch as it is. */
function shown(diff: string): string {
  return process.stdout.isTTY ? diff.split("\n").map(printable).join("\n") : diff;
}

interface Made {
  readonly base: string;
  readonly diff: string;
  readonly written: boolean;
}

function asJson({ fixed, refused, files, problems }: CodeProposal, { base, diff, written }: Made): string {
  const errors = problems.map(({ at, line, message }) => ({ file: at, line, message }));
  const changed = files.map(({ file }) => relative(base, file.path));
  const fixes = fixed.map((one) => ({ ...one, file: relative(base, one.file) }));
  return JSON.stringify({ version: 1, base, written, files: changed, fixed: fixes, refused, errors, diff }, null, 2);
}

function tell(
  { fixed, refused, problems, files }: CodeProposal,
  { base, written, output }: { readonly base: string; readonly written: boolean; readonly output: Output },
): void {
  for (const one of fixed) output.note(printable(fixedLine(one, base)));
  for (const one of refused)
    for (const line of [refusedLine(one), ...changeLines(one.changes ?? [])]) output.note(printable(line));
  for (const { at, line, message } of problems)
    output.note(printable(`error: ${at}${line === null ? "" : `:${line}`}: ${message}`));
  const where = base === process.cwd() ? "" : ` (paths are relative to ${base})`;
  const done = written ? "written" : `--write or git apply changes them${where}`;
  if (files.length > 0) output.note(printable(`${fixed.length} fixed in ${files.length} files; ${done}`));
  else output.note("nothing to patch");
}

function fixedLine({ policy, resource, file, line, caution }: Fixed, base: string): string {
  const place = `${relative(base, file)}:${line}`;
  return `patch: ${place}: ${policy}: ${resource}${caution === null ? "" : `; before you merge: ${caution}`}`;
}

function refusedLine({ policy, resource, file, line, why }: Refused): string {
  const place = file === null ? "" : `${file}${line === null ? "" : `:${line}`}: `;
  return `no patch: ${place}${policy}: ${resource}: ${why}`;
}

function exitCodeOf({ problems, refused }: CodeProposal): number {
  if (problems.some(({ problem }) => problem === "unreadable")) return 2;
  if (problems.length > 0) return 3;
  return refused.length > 0 ? 1 : 0;
}
