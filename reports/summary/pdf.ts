// A summary document as a PDF of A4 pages: text that can be selected, tables whose heads repeat, charts as vectors. Nothing
// in it can be clicked but its own table of contents. The same document gives the same bytes.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { TDocumentDefinitions } from "pdfmake/interfaces.js";
import type { SummaryDocument } from "../../src/summary.js";
import { documentContent } from "./pdf-content.js";
import { inFont } from "./pdf-font.js";
import { light } from "./tones.js";

/** pdfmake takes a while to load: only who wants a PDF waits for it. */
export async function renderSummaryPdf(document: SummaryDocument): Promise<Uint8Array> {
  const { default: pdfmake } = await import("pdfmake");
  const fonts = join(dirname(createRequire(import.meta.url).resolve("pdfmake/package.json")), "fonts", "Roboto");
  pdfmake.setFonts({
    Roboto: {
      normal: join(fonts, "Roboto-Regular.ttf"),
      bold: join(fonts, "Roboto-Medium.ttf"),
      italics: join(fonts, "Roboto-Italic.ttf"),
      bolditalics: join(fonts, "Roboto-MediumItalic.ttf"),
    },
  });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy((path) => path.startsWith(fonts));
  return new Uint8Array(await pdfmake.createPdf(definition(document)).getBuffer());
}

function definition(document: SummaryDocument): TDocumentDefinitions {
  const { title, subtitle, createdAt, producer } = document;
  const date = new Date(createdAt);
  return {
    version: "1.7",
    pageSize: "A4",
    pageMargins: [40, 46, 40, 52],
    language: "en",
    displayTitle: true,
    info: {
      title: inFont(title),
      subject: inFont(subtitle),
      author: inFont(producer),
      creator: inFont(producer),
      producer: "pdfmake",
      creationDate: Number.isNaN(date.getTime()) ? new Date(0) : date,
    },
    defaultStyle: { font: "Roboto", fontSize: 9, lineHeight: 1.15, color: light.ink },
    content: documentContent(document),
    footer: (page: number, pages: number) => ({
      margin: [40, 14, 40, 0],
      fontSize: 7.5,
      color: light.dim,
      columns: [
        { width: "*", text: inFont(`${title} · ${createdAt}`) },
        { width: 70, text: `${page} of ${pages}`, alignment: "right" },
      ],
    }),
  };
}
