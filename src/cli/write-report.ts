import { formats } from "../../reports/index.js";
import { PortcullisError } from "../errors.js";
import type { Report, ReportFormat } from "../report.js";
import { printable } from "../printable.js";
import type { Settings } from "./options.js";
import type { Output } from "./output.js";

interface Target {
  readonly format: ReportFormat;
  readonly file: string | null;
}

/** Every report that was asked for. Call it before the work: a format that we do not have must not cost a scan. */
export function reportTargets(settings: Settings): readonly Target[] {
  const more = settings.reports.map((text) => {
    const at = text.indexOf("=");
    if (at < 1 || at === text.length - 1) throw new PortcullisError("usage", `--report ${text}: expected FORMAT=FILE`);
    return { format: formatNamed(text.slice(0, at)), file: text.slice(at + 1) };
  });
  const first = { format: formatNamed(settings.format), file: settings.output };
  refuseBytesOnTerminal(first);
  return [first, ...more];
}

function refuseBytesOnTerminal({ format, file }: Target): void {
  if (format.binary !== true || file !== null || !process.stdout.isTTY) return;
  throw new PortcullisError(
    "usage",
    `--format ${format.name} is no text, and standard output is a terminal: add --output FILE, or pipe it`,
  );
}

function formatNamed(name: string): ReportFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw new PortcullisError(
    "usage",
    `format ${name}: expected one of ${formats.map((known) => known.name).join(", ")}`,
  );
}

const shownWarnings = 50;

export async function writeReports(
  report: Report,
  targets: readonly Target[],
  { explain, place }: Pick<Settings, "explain" | "place">,
  output: Output,
): Promise<void> {
  for (const { format, file } of targets) {
    const color = output.color && file === null;
    const options = { color, width: output.width, explain, place };
    await output.result(await format.render(report, options), file);
    const missing = format.binary === true ? null : (format.leftOut?.(report, options) ?? null);
    if (missing !== null) output.note(`${format.name} has no place for ${missing}`);
    if (file !== null) output.note(`${format.name} report written to ${file}`);
  }
  const warnings = report.warnings ?? [];
  for (const warning of warnings.slice(0, shownWarnings)) output.note(`warning: ${printable(warning)}`);
  if (warnings.length > shownWarnings) output.note(`warning: and ${warnings.length - shownWarnings} more`);
}
