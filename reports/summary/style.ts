import { dark, light, type Palette } from "./tones.js";

const tones = [
  "pass",
  "fail",
  "unknown",
  "error",
  "waived",
  "not-assessed",
  "critical",
  "high",
  "medium",
  "low",
  "info",
  "plain",
];

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, value]) => `--${name}:${value}`)
    .join(";");
}

/** A tone colours text by `--tone`; the parts of a chart are filled with it. */
const toneRules = tones.map((tone) => `.t-${tone}{--tone:var(--${tone});fill:var(--${tone})}`).join("\n");

const frame = `
* { box-sizing: border-box; }
html { scroll-padding-top: 12px; -webkit-text-size-adjust: 100%; }
body { margin: 0; overflow-wrap: anywhere; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
a { color: var(--low); text-underline-offset: 2px; } :focus-visible { outline: 3px solid var(--low); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 12px; top: 12px; background: var(--paper); padding: 6px 12px; z-index: 2; }
header { background: var(--soft); border-bottom: 1px solid var(--line); } .wide { max-width: 1320px; margin: 0 auto; padding: 0 28px; }
header .wide { padding-top: 28px; padding-bottom: 20px; }
h1 { margin: 0; font-size: 27px; line-height: 1.2; letter-spacing: -.01em; } .lead { margin: 6px 0 0; font-size: 17px; }
.facts { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 18px 0 0; } .facts div { min-width: 0; } dt { color: var(--dim); font-size: 12.5px; } dd { margin: 0; }
.columns { display: grid; grid-template-columns: 220px minmax(0, 1fr); gap: 40px; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 24px 0; font-size: 14px; } nav h2 { font-size: 12.5px; color: var(--dim); margin: 0 0 6px; font-weight: 600; }
nav ol { list-style: none; margin: 0; padding: 0; } nav a { display: block; padding: 4px 10px; border-left: 3px solid var(--line); color: var(--ink); text-decoration: none; }
nav a:hover { background: var(--soft); border-color: var(--low); } nav a.alarm { border-color: var(--error); font-weight: 600; }
main { padding: 24px 0 48px; min-width: 0; } section { margin-bottom: 40px; } h2 { font-size: 20px; line-height: 1.3; margin: 0 0 12px; } h3 { font-size: 15px; line-height: 1.4; margin: 0; display: inline; }
p { margin: 0 0 12px; max-width: 80ch; } footer { border-top: 1px solid var(--line); color: var(--dim); font-size: 13px; } footer .wide { padding-top: 14px; padding-bottom: 24px; }
section.alarm { border: 2px solid var(--error); border-radius: 10px; padding: 18px 20px 8px; background: var(--soft); } section.alarm h2 { color: var(--error); }
`;

const blocks = `
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(112px, 1fr)); gap: 10px; margin: 0 0 20px; padding: 0; list-style: none; }
.tiles li { min-width: 0; background: var(--soft); border-radius: 8px; padding: 12px 14px; border-top: 3px solid var(--tone); } .tiles b { display: block; font-size: 27px; line-height: 1.15; font-weight: 650; font-variant-numeric: tabular-nums; color: var(--tone); } .tiles span { color: var(--dim); font-size: 13.5px; }
figure { margin: 0 0 22px; max-width: 600px; } figcaption { font-weight: 600; margin-bottom: 6px; } figure.wide-figure { max-width: none; }
svg.chart { display: block; width: 100%; height: auto; font-family: inherit; } svg.parts { height: 22px; border-radius: 5px; } svg text.label { fill: var(--ink); } svg .grid { stroke: var(--line); } svg .soft { fill: var(--soft); }
.key { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 8px 0; font-size: 14px; } .key i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; background: var(--tone); }
.matrix { list-style: none; display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 4px; padding: 0; margin: 0; font-size: 12.5px; line-height: 1.3; } .matrix li { background: var(--soft); border-left: 5px solid var(--tone); border-radius: 3px; min-width: 0; }
.matrix a, .matrix div { display: block; padding: 4px 7px; color: var(--ink); text-decoration: none; } .matrix a:hover { text-decoration: underline; } .matrix span { display: block; color: var(--tone); font-size: 11.5px; }
.mark { color: var(--tone); font-weight: 600; } .tone { color: var(--tone); font-weight: 600; }
.badge { background: var(--tone); color: var(--paper); border-radius: 4px; padding: 1px 7px; font-size: 12px; font-weight: 650; margin-right: 6px; }
details { margin: 0 0 10px; } summary { cursor: pointer; } details.card { border: 1px solid var(--line); border-radius: 8px; } details.card > summary { padding: 10px 14px; } details.card[open] > summary { border-bottom: 1px solid var(--line); } details.card > .inside { padding: 12px 14px 4px; }
.note { color: var(--dim); font-size: 13px; } .links { font-size: 13.5px; color: var(--dim); } .links { margin-bottom: 4px; } .links a, .links span { margin-right: 8px; } .inside table { margin-top: 12px; }
.more { margin: 4px 0 0; font-size: 13px; } .more summary { color: var(--dim); } .more ul { margin: 4px 0; padding-left: 18px; } ul.plain { padding-left: 20px; }
table { width: 100%; border-collapse: collapse; margin: 0 0 12px; font-size: 13.5px; } caption { text-align: left; color: var(--dim); font-size: 13px; padding: 0 0 4px; }
th { text-align: left; vertical-align: bottom; color: var(--dim); font-weight: 600; border-bottom: 2px solid var(--line); padding: 4px 10px 4px 0; min-width: 8ch; }
td { border-bottom: 1px solid var(--line); padding: 6px 10px 6px 0; vertical-align: top; min-width: 8ch; } tr:last-child > td { border-bottom: 0; } .n { text-align: right; font-variant-numeric: tabular-nums; }
td.c, code { font: 12.5px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; } td.c a { color: inherit; text-decoration: none; } td.c a:hover { text-decoration: underline; }
:target { background: color-mix(in srgb, var(--medium) 18%, transparent); } details:target { outline: 3px solid var(--medium); } section:target { background: none; } section.alarm:target { background: var(--soft); }
.omitted { font-weight: 600; }
`;

const narrow = `
@media (max-width: 900px) { .columns { display: block; } nav { position: static; max-height: none; padding: 20px 0 0; } nav ol { display: flex; flex-wrap: wrap; gap: 6px; } nav a { border: 1px solid var(--line); border-radius: 14px; padding: 3px 12px; } }
@media (max-width: 620px) {
  .wide { padding: 0 16px; } h1 { font-size: 23px; } svg text.label { font-size: 17px; } section.alarm { padding: 14px 14px 4px; }
  table, caption, tbody, tr, td { display: block; } thead { position: absolute; left: -9999px; } tr { border-bottom: 1px solid var(--line); padding: 8px 0; } td, td.n { border: 0; padding: 1px 0; text-align: left; min-width: 0; }
  td[data-l]::before { content: attr(data-l) ": "; color: var(--dim); font: 13px/1.5 system-ui, sans-serif; } td:empty { display: none; }
}
`;

const print = `
@page { size: A4; margin: 16mm 14mm 18mm; @bottom-right { content: counter(page) " of " counter(pages); font: 8pt sans-serif; color: #566173; } }
@media print {
  :root { ${variables(light)}; color-scheme: light; } body { font-size: 9.5pt; } nav, .skip { display: none; } .wide { max-width: none; padding: 0; } .columns { display: block; }
  header { background: none; border-bottom: 2px solid #000; } header .wide { padding: 0 0 10px; } main { padding: 14px 0 0; } section { margin-bottom: 20px; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  h2, h3, summary, figcaption, caption { break-after: avoid; } tr, figure, .tiles, .facts, .matrix li { break-inside: avoid; } thead { display: table-header-group; } table { font-size: 8.5pt; } td.c, code { font-size: 8pt; }
  details::details-content { content-visibility: visible !important; display: block !important; height: auto !important; } details > summary { list-style: none; } details.card { border-radius: 0; }
  a { color: inherit; text-decoration: none; } a[href^="https:"]::after { content: " <" attr(href) ">"; color: #566173; } a.shown::after { content: "" !important; }
}
`;

/** The page's own style: light and dark, wide and narrow, and on paper. */
export const style = `
:root { color-scheme: light dark; ${variables(light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)} } }
${toneRules}${frame}${blocks}${narrow}${print}`;
