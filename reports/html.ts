import type { TextFormat } from "../src/report.js";
import { renderSummaryHtml } from "./summary/html.js";
import { summaryOfReport } from "./summary/of-report.js";

/** One page without scripts and without anything from a network, so that it can be mailed, archived and printed. */
export const html: TextFormat = {
  name: "html",
  render: (report, { explain }) =>
    renderSummaryHtml(summaryOfReport(report, { explain, limits: { rowsPerGroup: 500, rows: 10_000 } })),
};
