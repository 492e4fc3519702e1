import type { Command } from "commander";
import { addFindingsListCommand } from "./findings-list.js";
import { addFindingsSendCommand } from "./findings-send.js";
import { addFindingsShowCommand } from "./findings-show.js";
import { addFindingsTimesCommand } from "./findings-times.js";

export function addFindingsCommand(program: Command): void {
  const findings = program.command("findings").description("what scans found, over time");
  addFindingsListCommand(findings);
  addFindingsShowCommand(findings);
  addFindingsTimesCommand(findings);
  addFindingsSendCommand(findings);
}
