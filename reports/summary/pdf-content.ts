import type { Content } from "pdfmake/interfaces.js";
import type {
  Chart,
  Fact,
  SummaryBlock,
  SummaryDocument,
  SummaryGroup,
  SummarySection,
  Tile,
} from "../../src/summary.js";
import { chartSvg, chartWords, countByStatus } from "./chart.js";
import { grouped } from "./figures.js";
import { inFont } from "./pdf-font.js";
import { tableContent, pageWidth } from "./pdf-table.js";
import { light } from "./tones.js";

export function documentContent({ title, subtitle, facts, sections }: SummaryDocument): Content[] {
  return [
    { text: inFont(title), fontSize: 20, bold: true, lineHeight: 1.1, outline: true },
    { text: inFont(subtitle), fontSize: 11.5, margin: [0, 4, 0, 10] },
    factsContent(facts),
    rule(),
    ...(sections.length < 3
      ? []
      : [{ toc: { textStyle: { fontSize: 9 }, numberStyle: { fontSize: 9 } } } as Content, rule()]),
    ...sections.flatMap(section),
  ];
}

function rule(): Content {
  return {
    canvas: [{ type: "line", x1: 0, y1: 0, x2: pageWidth, y2: 0, lineWidth: 0.7, lineColor: light.line }],
    margin: [0, 8, 0, 8],
  };
}

function section({ heading, alarm, blocks }: SummarySection): Content[] {
  const color = alarm === true ? light.error : light.ink;
  const head: Content = {
    text: inFont(alarm === true ? `■ ${heading}` : heading),
    fontSize: 14,
    bold: true,
    color,
    margin: [0, 14, 0, 6],
    headlineLevel: 1,
    tocItem: true,
    outline: true,
  };
  const [first, ...others] = blocks.flatMap(block);
  return [first === undefined ? head : { stack: [head, first], unbreakable: fitsTogether(blocks[0]) }, ...others];
}

/** A long table must break; what is short stays with its heading. */
function fitsTogether(part: SummaryBlock | undefined): boolean {
  return part?.kind === "paragraph" || part?.kind === "tiles" || part?.kind === "facts";
}

function block(part: SummaryBlock): Content[] {
  switch (part.kind) {
    case "paragraph":
      return [
        {
          text: inFont(part.text),
          margin: [0, 0, 0, 6],
          ...(part.tone === undefined ? {} : { bold: true, color: light[part.tone] }),
        },
      ];
    case "list":
      return [{ ul: part.items.map((item) => inFont(item)), margin: [0, 0, 0, 6] }];
    case "facts":
      return [factsContent(part.facts)];
    case "tiles":
      return [tilesContent(part.tiles)];
    case "links":
      return [
        {
          text: inFont(`${part.label}: ${part.links.map(({ text }) => text).join(", ")}`),
          color: light.dim,
          fontSize: 8,
          margin: [0, 0, 0, 4],
        },
      ];
    case "table":
      return tableContent(part);
    case "group":
      return group(part);
    case "chart":
      return chartContent(part.chart);
  }
}

function factsContent(facts: readonly Fact[]): Content {
  return {
    layout: "noBorders",
    margin: [0, 0, 0, 4],
    table: {
      widths: [130, pageWidth - 150],
      body: facts.map(({ label, value }) => [{ text: inFont(label), color: light.dim }, { text: inFont(value) }]),
    },
  };
}

function tilesContent(tiles: readonly Tile[]): Content {
  return {
    margin: [0, 0, 0, 10],
    columnGap: 8,
    columns: tiles.map(({ label, value, tone }) => ({
      stack: [
        {
          text: inFont(typeof value === "number" ? grouped(value) : value),
          fontSize: 17,
          bold: true,
          color: light[tone],
        },
        { text: inFont(label), color: light.dim, fontSize: 8 },
      ],
    })),
  };
}

function group({ heading, badge, note, blocks }: SummaryGroup): Content[] {
  const title: Content = {
    margin: [0, 8, 0, 3],
    headlineLevel: 2,
    text: [
      ...(badge === undefined
        ? []
        : [
            {
              text: ` ${inFont(badge.text)} `,
              color: light.paper,
              background: light[badge.tone],
              fontSize: 8,
              bold: true,
            },
            "  ",
          ]),
      { text: inFont(heading), bold: true, fontSize: 10 },
      ...(note === undefined ? [] : [{ text: `  ${inFont(note)}`, color: light.dim, fontSize: 8 }]),
    ],
  };
  const short = blocks.filter(({ kind }) => kind !== "table" && kind !== "group" && kind !== "chart");
  const long = blocks.filter((part) => !short.includes(part));
  return [{ stack: [title, ...short.flatMap(block)], unbreakable: true }, ...long.flatMap(block)];
}

/** A picture cannot go on to the next page. */
const fieldsPerPicture = 120;

function chartContent(chart: Chart): Content[] {
  const title: Content = { text: inFont(chart.title), bold: true, margin: [0, 4, 0, 3] };
  switch (chart.kind) {
    case "matrix": {
      const parts = Array.from({ length: Math.ceil(chart.fields.length / fieldsPerPicture) }, (_, at) =>
        chart.fields.slice(at * fieldsPerPicture, (at + 1) * fieldsPerPicture),
      );
      return [title, key(countByStatus(chart)), ...parts.map((fields) => picture({ ...chart, fields }))];
    }
    case "parts":
      return [{ stack: [title, picture(chart), key(chart.parts)], unbreakable: true }];
    case "bars":
    case "trend":
      return [{ stack: [title, key(chart.series), picture(chart), words(chart)], unbreakable: true }];
  }
}

function picture(chart: Chart): Content {
  // Escapes hold nothing that XML would take for markup.
  return { svg: inFont(chartSvg(chart).text), width: pageWidth, margin: [0, 2, 0, 4] };
}

function words(chart: Chart): Content {
  return { text: inFont(chartWords(chart)), color: light.dim, fontSize: 7.5, margin: [0, 0, 0, 8] };
}

function key(entries: readonly { label: string; value?: number; tone: keyof typeof light }[]): Content {
  const present = entries.filter(({ value }) => value !== 0);
  return {
    margin: [0, 0, 0, 5],
    text: present.flatMap(({ label, value, tone }) => [
      { text: "■ ", color: light[tone] },
      { text: `${value === undefined ? "" : `${grouped(value)} `}${inFont(label)}     ` },
    ]),
  };
}
