import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { getDocument } from "pdfjs-dist/legacy/build/pdf.mjs";
import { describe, expect, test } from "vitest";
import type { Verdict } from "../../src/engine/verdict.js";
import { anchorOf, type Chart, type TrendChart } from "../../src/summary.js";
import { html } from "../html.js";
import { pdf } from "../pdf.js";
import { sample } from "../testing/sample.js";
import { chartSvg, chartWords } from "./chart.js";
import { renderSummaryHtml } from "./html.js";
import { markup } from "./markup.js";
import { inFont } from "./pdf-font.js";
import { renderSummaryPdf } from "./pdf.js";
import { document } from "./testing/document.js";
import { thinned } from "./thinned.js";
import { dark, light, type Palette } from "./tones.js";
import { niceTop } from "./trend.js";

const options = { color: false, width: 120, explain: true } as const;

describe("markup", () => {
  test("whatever is put in comes out as text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const { text: page } = markup`<p title="${text}">${text}</p>`;
        expect(page.replace(/^<p title="|">|<\/p>$/g, "")).not.toMatch(
          /[<>"'\u0000-\u001f]|&(?!(amp|lt|gt|quot|#39);)/,
        );
        expect(page.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("anchors", () => {
  test.each([
    [["c", "pci-dss-4.0.1", "1.4.4"], "c-pci-dss-4.0.1-1.4.4"],
    [["c", "gdpr", "32(1)(b)"], "c-gdpr-32_28_1_2928_b_29_"],
    [["f", '"><script>'], "f-_223e3c_script_3e_"],
    [["f", ""], "f-"],
  ])("of %j", (parts, anchor) => {
    expect(anchorOf(...parts)).toBe(anchor);
  });
});

describe("charts", () => {
  const charts: readonly Chart[] = document.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === "chart" ? [block.chart] : [])),
  );

  test.each(charts.map((chart) => [chart.kind, chart] as const))("%s", async (kind, chart) => {
    await expect(chartSvg(chart).text.replaceAll("><", ">\n<")).toMatchFileSnapshot(`testing/${kind}.svg`);
  });

  test("say in words what they show", () => {
    const trend: TrendChart = {
      kind: "trend",
      title: "Findings",
      series: [{ label: "fail", tone: "fail" }],
      points: [
        { at: "2026-01-01", values: [5] },
        { at: "2026-01-02", values: [3] },
      ],
    };
    expect(chartWords(trend)).toBe("Findings, 2 scans from 2026-01-01 to 2026-01-02: fail from 5 to 3");
    expect(chartWords({ ...trend, points: [] })).toBe("Findings: no scans");
  });

  test("hold only numbers where numbers belong, whatever the points are", () => {
    const point = fc.record({
      at: fc.oneof(fc.string(), fc.constant("2026-01-01T00:00:00Z")),
      values: fc.array(fc.nat(), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 6 }), (points) => {
        const { text } = chartSvg({
          kind: "trend",
          title: "t",
          series: [
            { label: "a", tone: "fail" },
            { label: "b", tone: "pass" },
          ],
          points,
        });
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });

  test.each([
    [0, 2],
    [1, 2],
    [2, 2],
    [3, 4],
    [5, 6],
    [11, 20],
    [61, 80],
    [100, 100],
    [101, 200],
    [999_999, 1_000_000],
  ])("an axis for %d ends at %d", (value, top) => {
    expect(niceTop(value)).toBe(top);
  });

  test("long trends keep their ends", () => {
    const points = thinned(Array.from({ length: 8760 }, (_, at) => at));
    expect([points.length, points[0], points.at(-1), new Set(points).size]).toEqual([120, 0, 8759, 120]);
  });
});

function contrast(a: string, b: string): number {
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = parseInt(color.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test.each([
  ["light", light],
  ["dark", dark],
] as const)("every colour of %s can be read (WCAG AA)", (_, palette: Palette) => {
  const { paper, soft, line: _line, ...texts } = palette;
  const weak = Object.entries(texts).filter(([, color]) => contrast(color, paper) < 4.5 || contrast(color, soft) < 4.5);
  expect(weak).toEqual([]);
});

describe("HTML", () => {
  test("of a document with everything", async () => {
    const page = renderSummaryHtml(document);
    expect(page).not.toMatch(/<script|<img|<link|<iframe|src=|url\(|javascript:| on\w+=/i);
    await expect(page).toMatchFileSnapshot("testing/document.html");
  });

  test("links lead to an id that is there, and no id is there twice", () => {
    for (const page of [renderSummaryHtml(document), html.render(sample, options)]) {
      const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      const missing = [...page.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id).filter((id) => !ids.includes(id));
      expect({ missing, twice: ids.filter((id, at) => ids.indexOf(id) !== at) }).toEqual({ missing: [], twice: [] });
    }
  });

  test("of very many results stays small, and says what it leaves out", () => {
    const many = largeReport();
    const page = html.render(many, options);
    expect(page.length).toBeLessThan(12_000_000);
    expect(page).toContain(
      "59,500 more are left out here; the JSON report of the same run (--report json=FILE) lists all.",
    );
    expect(page).toContain('<h2 id="findings-h">Findings (60,000)</h2>');
  });
});

function largeReport(): typeof sample {
  const first = sample.results[0]!;
  const results: Verdict[] = Array.from({ length: 60_000 }, (_, at) => ({
    ...first,
    fingerprint: String(at).padStart(64, "0"),
    explanation: null,
  }));
  return { ...sample, results };
}

async function readPdf(bytes: Uint8Array): Promise<{ pages: string[]; title: unknown; links: unknown[] }> {
  const task = getDocument({ data: bytes.slice(), verbosity: 0 });
  const file = await task.promise;
  const pages: string[] = [];
  const links: unknown[] = [];
  for (let number = 1; number <= file.numPages; number++) {
    const page = await file.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(items.map((item) => ("str" in item ? item.str : "")).join(" "));
    const annotations = (await page.getAnnotations()) as { url?: string; unsafeUrl?: string; actions?: unknown }[];
    links.push(
      ...annotations.flatMap(({ url, unsafeUrl, actions }) =>
        [url, unsafeUrl, actions].filter((one) => one !== undefined && one !== null),
      ),
    );
  }
  const { info } = await file.getMetadata();
  const title = (info as { Title?: unknown }).Title;
  await task.destroy();
  return { pages, title, links };
}

describe("PDF", () => {
  test("holds every section as text, numbered pages, and nothing to click on from input", async () => {
    const { pages, title, links } = await readPdf(await pdf.render(sample, options));
    const text = pages.join(" ").replace(/\s+/g, " ");
    for (const part of [
      "Not everything was evaluated",
      "Overview",
      "PCI DSS 4.0.1",
      "Findings (2)",
      "Not decided (2)",
      "Waived",
      "How to read this",
      "S3 buckets block public access",
    ])
      expect(text).toContain(part);
    expect(pages.map((page, at) => page.includes(`${at + 1} of ${pages.length}`))).toEqual(pages.map(() => true));
    expect({ title, links }).toEqual({ title: "Compliance check: 2 failed, 2 not decided", links: [] });
  });

  test("of the same document is the same, byte by byte", async () => {
    const [one, two] = [await renderSummaryPdf(document), await renderSummaryPdf(document)];
    expect(Buffer.from(one).equals(Buffer.from(two))).toBe(true);
    expect(Buffer.from(one).toString("latin1")).not.toMatch(/\/(JavaScript|JS|Launch|URI|SubmitForm|EmbeddedFile)\b/);
  });

  test("shows what its fonts lack as escapes", async () => {
    expect(inFont("żółć Ωμέγα Ж € “a” 中 😀 \u0000")).toBe("żółć Ωμέγα Ж € “a” \\u{4e2d} \\u{1f600} \\u0000");
    const { pages } = await readPdf(await renderSummaryPdf(document));
    expect(pages.join(" ").replace(/\s+/g, "")).toContain("\\u{4e2d}\\u{6587}\\u{1f600}");
  });

  test("its fonts have every character that is not escaped", () => {
    const path = createRequire(import.meta.url).resolve("pdfmake/package.json");
    const fontkit = createRequire(createRequire(path).resolve("pdfkit"))("fontkit") as {
      openSync(file: string): { hasGlyphForCodePoint(point: number): boolean };
    };
    const fonts = ["Regular", "Medium", "Italic", "MediumItalic"].map((name) =>
      fontkit.openSync(join(dirname(path), "fonts", "Roboto", `Roboto-${name}.ttf`)),
    );
    const plain = Array.from({ length: 0x3000 }, (_, point) => point).filter(
      (point) => point >= 32 && inFont(String.fromCodePoint(point)) === String.fromCodePoint(point),
    );
    expect(plain.filter((point) => !fonts.every((font) => font.hasGlyphForCodePoint(point)))).toEqual([]);
    expect(plain.length).toBeGreaterThan(700);
  });
});
