import { severities, type Severity } from "../src/engine/policy.js";
import type { Verdict } from "../src/engine/verdict.js";
import { printable } from "../src/printable.js";
import type { BaselineResult, Report, ReportFormat } from "../src/report.js";
import { style } from "./html-style.js";

/** One page without scripts and without anything from a network, so that it can be mailed, archived and printed. */
export const html: ReportFormat = { name: "html", render };

/** Markup that is safe: only `markup` makes it. */
class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[];

/** Every value that is put in is escaped, unless it is markup already. */
function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(
    strings.map((string, at) => string + (at < parts.length ? partText(parts[at] ?? "") : "")).join(""),
  );
}

function partText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "string" || typeof part === "number") return escape(String(part));
  return part.map(({ text }) => text).join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}

function render(report: Report): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Portcullis ${report.command}: ${report.summary.fail} failed</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>Portcullis</h1>
<p>${report.command} of ${report.targets.join(", ")} at <time>${report.startedAt}</time>, version ${report.tool.version}, ${(report.summary.durationMs / 1000).toFixed(1)} s</p>
</header>
<main>
${totals(report)}
${bySeverity(report.results)}
${report.baselines.map(baseline)}
${notEvaluated(report)}
${findings(report)}
</main>
</body>
</html>
`;
  return page.text;
}

function totals({ summary }: Report): Markup {
  const tile = (name: string, label: string, value: number): Markup =>
    markup`<div class="tile ${name}"><b>${value}</b><span>${label}</span></div>`;
  return markup`<section class="tiles" aria-label="Totals">
${tile("resources", "resources", summary.resources)}${tile("pass", "passed", summary.pass)}${tile("fail", "failed", summary.fail)}${tile("unknown", "unknown", summary.unknown)}${tile("error", "errors", summary.error)}${tile("waived", "waived", summary.waived)}
</section>`;
}

function bySeverity(results: readonly Verdict[]): Markup {
  const failed = results.filter(({ verdict }) => verdict === "fail");
  if (failed.length === 0) return markup`<p class="calm">Nothing failed.</p>`;
  let x = 0;
  const bars = severities.map((severity) => {
    const count = failed.filter((verdict) => verdict.severity === severity).length;
    const width = (count / failed.length) * 100;
    const bar = markup`<rect class="${severity}" x="${x}" y="0" width="${width}" height="6"><title>${count} ${severity}</title></rect>`;
    x += width;
    return {
      bar,
      key: count === 0 ? new Markup("") : markup`<li><i class="${severity}"></i>${count} ${severity}</li>`,
    };
  });
  return markup`<section><h2>Failures by severity</h2>
<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="${failed.length} failures by severity">${bars.map(({ bar }) => bar)}</svg>
<ul class="key">${bars.map(({ key }) => key)}</ul></section>`;
}

function baseline({ id, title, controls }: BaselineResult): Markup {
  const count = (status: string): number => controls.filter((control) => control.status === status).length;
  const assessed = controls.length - count("not-assessed");
  const rows = controls.map(
    (control) =>
      markup`<tr class="${control.status}"><td>${control.control}</td><td>${control.title}</td><td><span class="status ${control.status}">${control.status.replace("-", " ")}</span></td><td>${control.kind}</td><td class="n">${control.counts.pass}</td><td class="n">${control.counts.fail}</td><td>${control.manual ?? ""}</td></tr>`,
  );
  return markup`<section id="${id}"><h2>${title}</h2>
<p>${assessed} of ${controls.length} controls assessed: <b class="pass">${count("pass")} pass</b>, <b class="fail">${count("fail")} fail</b>, ${count("unknown")} unknown, ${count("error")} error; ${count("not-assessed")} not assessed.</p>
<details><summary>All controls</summary>
<table><thead><tr><th>Control</th><th>What it asks</th><th>Status</th><th>Proved by policies</th><th>Passed</th><th>Failed</th><th>Manual evidence</th></tr></thead><tbody>${rows}</tbody></table>
</details></section>`;
}

function notEvaluated({ errors }: Report): Markup {
  if (errors.length === 0) return new Markup("");
  const items = errors.map(
    ({ file, line, message }) => markup`<li><code>${line === null ? file : `${file}:${line}`}</code> ${message}</li>`,
  );
  return markup`<section class="alarm"><h2>Not evaluated</h2><ul>${items}</ul></section>`;
}

function findings({ results, policies }: Report): Markup {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of results) {
    const group = groups.get(verdict.policy);
    if (group === undefined) groups.set(verdict.policy, [verdict]);
    else group.push(verdict);
  }
  const fixes = new Map(policies.map(({ id, fix }) => [id, fix]));
  const cards = [...groups].map(([policy, verdicts]) => card(policy, verdicts, fixes.get(policy) ?? ""));
  return markup`<section><h2>Findings</h2>${cards}</section>`;
}

function card(policy: string, verdicts: readonly Verdict[], fix: string): Markup {
  const severity: Severity = verdicts[0]?.severity ?? "info";
  const controls = (verdicts[0]?.controls ?? []).map(({ baseline: id, control }) => markup`<li>${id} ${control}</li>`);
  return markup`<details class="card" open><summary><span class="badge ${severity}">${severity}</span> ${verdicts[0]?.title ?? policy} <code>${policy}</code> <span class="count">${verdicts.length}</span></summary>
${fix === "" ? new Markup("") : markup`<p class="fix">${fix}</p>`}
<ul class="controls">${controls}</ul>
<table><thead><tr><th>Resource</th><th>Verdict</th><th>Why</th><th>Where</th></tr></thead><tbody>${verdicts.map(row)}</tbody></table></details>`;
}

function row({ resource, verdict, reasons }: Verdict): Markup {
  const why = reasons.map(({ message }) => markup`<div>${message}</div>`);
  const place = reasons[0]?.location;
  const where = place
    ? `${place.file}:${place.line}`
    : [resource.account, resource.region].filter((part) => part !== null).join(" ");
  return markup`<tr><td class="id">${resource.id}</td><td><span class="status ${verdict}">${verdict}</span></td><td>${why}</td><td>${where}</td></tr>`;
}
