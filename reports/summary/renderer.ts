import type { SummaryRenderer } from "../../src/summary.js";
import { renderSummaryHtml } from "./html.js";
import { renderSummaryPdf } from "./pdf.js";

export const summaryRenderer: SummaryRenderer = { html: renderSummaryHtml, pdf: renderSummaryPdf };
