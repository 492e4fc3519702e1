import { formats } from "../../reports/index.js";
import { PortcullisError } from "../errors.js";
import type { Report, ReportFormat } from "../report.js";
import type { Settings } from "./options.js";
import type { Output } from "./output.js";

/** Fails before any work when the format is not one of ours. */
export function formatNamed(name: string): ReportFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw new PortcullisError(
    "usage",
    `--format ${name}: expected one of ${formats.map((known) => known.name).join(", ")}`,
  );
}

export async function writeReport(report: Report, settings: Settings, output: Output): Promise<void> {
  const format = formatNamed(settings.format);
  const color = output.color && settings.output === null;
  const text = format.render(report, { color, width: output.width, explain: settings.explain });
  await output.result(text, settings.output);
  if (settings.output !== null) output.note(`${format.name} report written to ${settings.output}`);
}
