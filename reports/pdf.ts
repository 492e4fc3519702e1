import type { BinaryFormat } from "../src/report.js";
import { summaryOfReport } from "./summary/of-report.js";
import { renderSummaryPdf } from "./summary/pdf.js";

/** For those who file paper: the same as the HTML report, with fewer of the findings where there are very many. */
export const pdf: BinaryFormat = {
  name: "pdf",
  binary: true,
  render: (report, { explain }) =>
    renderSummaryPdf(summaryOfReport(report, { explain, limits: { rowsPerGroup: 200, rows: 2_000 } })),
};
