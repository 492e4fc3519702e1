// The HTML report in a real browser: what it shows, that it fetches nothing, and that it fits phones and paper.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { html } from "../reports/html.js";
import { renderSummaryHtml } from "../reports/summary/html.js";
import { document as everything } from "../reports/summary/testing/document.js";
import { sample } from "../reports/testing/sample.js";
import { setupBrowser } from "../scripts/setup-browser.mjs";

const folder = mkdtempSync(join(tmpdir(), "portcullis-html-"));
const at = (day: number): string => new Date(Date.UTC(2026, 7, day)).toISOString();
const trend = [1, 2, 3].map((day) => ({ at: at(day), pass: 7, fail: 9 - day, unknown: 1, error: day, waived: 1 }));
const controls = [1, 2, 3].map((day) => ({
  at: at(day),
  pass: day,
  fail: 3,
  unknown: 0,
  error: 0,
  notAssessed: 3 - day,
}));
const report = {
  ...sample,
  trend,
  warnings: ["a waiver ends soon"],
  baselines: sample.baselines.map((baseline) => ({ ...baseline, trend: controls })),
};
const pages = {
  report: html.render(report, { color: false, width: 120, explain: true }),
  everything: renderSummaryHtml(everything),
};
let browser: Browser;

beforeAll(async () => {
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, `${name}.html`), text);
  browser = await chromium.launch({
    executablePath: setupBrowser(),
    args: "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(
      " ",
    ),
  });
});

afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

interface View {
  readonly script: boolean;
  readonly width: number;
  readonly scheme: "light" | "dark";
}

async function open(
  name: keyof typeof pages,
  { script, width, scheme }: View,
): Promise<{ page: Page; seen: string[] }> {
  const context = await browser.newContext({
    javaScriptEnabled: script,
    viewport: { width, height: 900 },
    colorScheme: scheme,
  });
  const page = await context.newPage();
  const seen: string[] = [];
  page.on("console", (message) => seen.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => seen.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (!request.isNavigationRequest()) seen.push(`request: ${request.url()}`);
  });
  await page.goto(pathToFileURL(join(folder, `${name}.html`)).href);
  return { page, seen };
}

const views: readonly View[] = [
  { script: true, width: 1280, scheme: "light" },
  { script: true, width: 360, scheme: "dark" },
  { script: false, width: 360, scheme: "light" },
];

describe.each(["report", "everything"] as const)("%s", (name) => {
  test.each(views)("fetches nothing, runs nothing and fits: %j", async (view) => {
    const { page, seen } = await open(name, view);
    const wide = await page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth);
    expect({ seen, wide }).toEqual({ seen: [], wide: 0 });
    await page.context().close();
  });
});

test("every section is there, every link of the contents leads to one, and every chart has words", async () => {
  const { page } = await open("report", views[0]!);
  expect(await page.locator("main h2").allTextContents()).toEqual([
    "Not everything was evaluated",
    "Warnings (1)",
    "Overview",
    "PCI DSS 4.0.1",
    "Findings (2)",
    "Not decided (2)",
    `Waived (${report.results.filter(({ verdict }) => verdict === "waived").length})`,
    "How to read this",
  ]);
  const targets = await page.locator("nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  const sections = await page.locator("main > section").evaluateAll((all) => all.map(({ id }) => `#${id}`));
  expect(targets).toEqual(sections);
  const charts = page.locator("svg[role=img]");
  expect(await charts.count()).toBe(3);
  for (const chart of await charts.all()) expect((await chart.getAttribute("aria-label"))?.length).toBeGreaterThan(20);
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  await page.context().close();
});

test("a link to a finding or to a control shows it", async () => {
  const { page } = await open("report", views[0]!);
  const address = page.url();
  for (const anchor of [`f-${"a".repeat(64)}`, "c-pci-dss-4.0.1-1.4.4"]) {
    await page.goto(`${address}#${anchor}`);
    expect(await page.locator(":target").isVisible()).toBe(true);
    expect(await page.locator(":target").evaluate((row) => row.getBoundingClientRect().top < innerHeight)).toBe(true);
  }
  await page.context().close();
});

test("details open with the keyboard, and are open on paper", async () => {
  const { page } = await open("report", views[0]!);
  const details = page.locator("figure details").first();
  const table = details.locator("table");
  expect(await table.isVisible()).toBe(false);
  await details.locator("summary").press("Enter");
  expect(await table.isVisible()).toBe(true);
  await details.locator("summary").press("Enter");
  await page.emulateMedia({ media: "print" });
  expect(await table.isVisible()).toBe(true);
  expect(await page.locator("nav").isVisible()).toBe(false);
  const paper = await page.pdf({ preferCSSPageSize: true });
  expect(paper.subarray(0, 5).toString()).toBe("%PDF-");
  await page.context().close();
});
