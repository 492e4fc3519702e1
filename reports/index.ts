import type { ReportFormat } from "../src/report.js";
import { asff } from "./asff.js";
import { csv } from "./csv.js";
import { github } from "./github.js";
import { html } from "./html.js";
import { json } from "./json.js";
import { junit } from "./junit.js";
import { markdown } from "./markdown.js";
import { ocsf } from "./ocsf.js";
import { oscal } from "./oscal.js";
import { pdf } from "./pdf.js";
import { sarif } from "./sarif.js";
import { table } from "./table.js";

/** Every format of `--format`; a test compares this with the folder. */
export const formats: readonly ReportFormat[] = [
  table,
  json,
  sarif,
  junit,
  markdown,
  html,
  pdf,
  github,
  ocsf,
  asff,
  csv,
  oscal,
];
