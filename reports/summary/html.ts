// A summary document as one HTML page: no script, nothing from a network, so that it can be mailed, archived and printed.
import type {
  Chart,
  Fact,
  SummaryBlock,
  SummaryDocument,
  SummaryGroup,
  SummaryLink,
  SummarySection,
} from "../../src/summary.js";
import { chartSvg, countByStatus } from "./chart.js";
import { grouped } from "./figures.js";
import { Markup, markup, nothing } from "./markup.js";
import { chartTable, tableHtml } from "./html-table.js";
import { style } from "./style.js";

export function renderSummaryHtml(document: SummaryDocument): string {
  const { title, subtitle, createdAt, producer, facts, sections } = document;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="${producer}">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><div class="wide">
<h1>${title}</h1>
<p class="lead">${subtitle}</p>
${factList(facts)}
</div></header>
<div class="wide columns">
<nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ol>${sections.map(contentsLine)}</ol></nav>
<main id="main">
${sections.map(section)}
</main>
</div>
<footer><div class="wide">${producer}, <time datetime="${createdAt}">${createdAt}</time></div></footer>
</body>
</html>
`.text;
}

function contentsLine({ id, heading, alarm }: SummarySection): Markup {
  return markup`<li><a href="#${id}"${alarm === true ? markup` class="alarm"` : nothing}>${heading}</a></li>`;
}

function section({ id, heading, alarm, blocks }: SummarySection): Markup {
  return markup`<section id="${id}"${alarm === true ? markup` class="alarm"` : nothing} aria-labelledby="${id}-h">
<h2 id="${id}-h">${heading}</h2>
${blocks.map(block)}
</section>
`;
}

function block(part: SummaryBlock): Markup {
  switch (part.kind) {
    case "paragraph":
      return part.tone === undefined
        ? markup`<p>${part.text}</p>`
        : markup`<p class="tone t-${part.tone}">${part.text}</p>`;
    case "list":
      return markup`<ul class="plain">${part.items.map((item) => markup`<li>${item}</li>`)}</ul>`;
    case "facts":
      return factList(part.facts);
    case "tiles":
      return markup`<ul class="tiles">${part.tiles.map(({ label, value, tone }) => markup`<li class="t-${tone}"><b>${typeof value === "number" ? grouped(value) : value}</b><span>${label}</span></li>`)}</ul>`;
    case "links":
      return markup`<p class="links">${part.label}: ${part.links.map(link)}</p>`;
    case "table":
      return tableHtml(part);
    case "group":
      return group(part);
    case "chart":
      return figure(part.chart);
  }
}

function factList(facts: readonly Fact[]): Markup {
  return markup`<dl class="facts">${facts.map(({ label, value }) => markup`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Within the page, or to an address of https whose text shows where it leads. */
function link({ text, to, tone }: SummaryLink): Markup {
  if (to === undefined) return markup`<span>${text}</span> `;
  const toneClass = tone === undefined ? "" : `tone t-${tone}`;
  if (!to.startsWith("https://")) return markup`<a class="${toneClass}" href="#${to}">${text}</a> `;
  return markup`<a class="${text === to ? "shown" : ""}" href="${to}" rel="noopener noreferrer">${text}</a> `;
}

function group({ id, heading, badge, note, open, blocks }: SummaryGroup): Markup {
  return markup`<details class="card" id="${id}"${open ? markup` open` : nothing}><summary>${badge === undefined ? nothing : markup`<span class="badge t-${badge.tone}">${badge.text}</span>`}<h3>${heading}</h3>${note === undefined ? nothing : markup` <span class="note">${note}</span>`}</summary><div class="inside">
${blocks.map(block)}</div></details>
`;
}

function figure(chart: Chart): Markup {
  switch (chart.kind) {
    case "matrix":
      return markup`<figure class="wide-figure"><figcaption>${chart.title}</figcaption>${key(countByStatus(chart))}<ul class="matrix">${chart.fields.map(matrixField)}</ul></figure>`;
    case "parts":
      return markup`<figure><figcaption>${chart.title}</figcaption>${chartSvg(chart)}${key(chart.parts)}</figure>`;
    case "bars":
    case "trend":
      return markup`<figure><figcaption>${chart.title}</figcaption>${key(chart.series)}${chartSvg(chart)}<details class="more"><summary>${chart.title}, as a table</summary>${tableHtml(chartTable(chart))}</details></figure>`;
  }
}

function matrixField({
  label,
  status,
  tone,
  to,
}: {
  label: string;
  status: string;
  tone: string;
  to?: string;
}): Markup {
  const text = markup`${label}<span>${status}</span>`;
  return markup`<li class="t-${tone}">${to === undefined ? markup`<div>${text}</div>` : markup`<a href="#${to}">${text}</a>`}</li>`;
}

function key(entries: readonly { label: string; value?: number; tone: string }[]): Markup {
  const present = entries.filter(({ value }) => value !== 0);
  return markup`<ul class="key">${present.map(({ label, value, tone }) => markup`<li><i class="t-${tone}"></i>${value === undefined ? "" : `${grouped(value)} `}${label}</li>`)}</ul>`;
}
