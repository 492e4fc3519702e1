import type { SummaryDocument } from "../../../src/summary.js";
import { hostile } from "../../testing/sample.js";

const nasty = `${hostile} \u0000 \ud800 \u{4e2d}\u{6587} \u{1f600} ${"x".repeat(300)}`;
const days = (value: number): string => new Date(Date.UTC(2026, 7, value)).toISOString();

/** One of every block and chart, with hostile text wherever a text can stand. */
export const document: SummaryDocument = {
  title: `Evidence ${nasty}`,
  subtitle: nasty,
  createdAt: "2026-11-23T10:00:00.000Z",
  producer: "portcullis 0.1.0",
  facts: [{ label: nasty, value: nasty }],
  sections: [
    { id: "gap", heading: `Gaps ${nasty}`, alarm: true, blocks: [{ kind: "paragraph", text: nasty, tone: "error" }] },
    {
      id: "all",
      heading: "Everything",
      blocks: [
        { kind: "paragraph", text: nasty },
        { kind: "list", items: [nasty] },
        { kind: "facts", facts: [{ label: nasty, value: nasty }] },
        {
          kind: "tiles",
          tiles: [
            { label: nasty, value: 12345, tone: "fail" },
            { label: "b", value: nasty, tone: "pass" },
          ],
        },
        { kind: "links", label: nasty, links: [{ text: nasty, to: "gap" }, { text: nasty }] },
        {
          kind: "chart",
          chart: {
            kind: "parts",
            title: nasty,
            parts: [
              { label: nasty, value: 2, tone: "high" },
              { label: "none", value: 0, tone: "low" },
            ],
          },
        },
        {
          kind: "chart",
          chart: {
            kind: "bars",
            title: nasty,
            series: [{ label: nasty, tone: "fail" }],
            rows: [
              { label: nasty, values: [3] },
              { label: "b", values: [0] },
            ],
          },
        },
        {
          kind: "chart",
          chart: {
            kind: "matrix",
            title: nasty,
            fields: [
              { label: nasty, status: nasty, tone: "unknown", to: "gap" },
              { label: "2", status: "pass", tone: "pass" },
            ],
          },
        },
        {
          kind: "chart",
          chart: {
            kind: "trend",
            title: nasty,
            series: [
              { label: nasty, tone: "fail" },
              { label: "waived", tone: "waived" },
            ],
            points: [1, 4, 9].map((day) => ({ at: days(day), values: [day * 10, 10 - day] })),
          },
        },
      ],
    },
    {
      id: "last",
      heading: "Groups",
      blocks: [
        {
          kind: "group",
          id: "g",
          heading: nasty,
          badge: { text: "high", tone: "high" },
          note: nasty,
          open: false,
          blocks: [
            {
              kind: "table",
              caption: nasty,
              columns: [
                { heading: nasty, style: "code", weight: 2 },
                { heading: "n", style: "number" },
                { heading: "s", style: "mark" },
                { heading: "why" },
              ],
              rows: [
                {
                  id: "f-1",
                  cells: [
                    nasty,
                    1234567,
                    { text: nasty, tone: "fail", to: "f-1" },
                    { lines: [nasty, "b"], more: { label: nasty, lines: [nasty] } },
                  ],
                },
              ],
              omitted: "9 more are left out",
            },
          ],
        },
      ],
    },
  ],
};
