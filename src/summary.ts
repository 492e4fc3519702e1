// A document that people read, as plain data: what reports and evidence say, without how a page or a PDF shows it.
// Every text in it may be hostile; renderers escape it.

/** What a thing means; a renderer gives it a colour, and a reader who sees no colours has its text. */
export type Tone =
  | "pass"
  | "fail"
  | "unknown"
  | "error"
  | "waived"
  | "not-assessed"
  | "critical"
  | "high"
  | "medium"
  | "low"
  | "info"
  | "plain";

export interface SummaryDocument {
  readonly title: string;
  /** One line below the title. */
  readonly subtitle: string;
  /** RFC 3339. The PDF's date as well: the same document gives the same bytes. */
  readonly createdAt: string;
  /** The tool that made it, such as `portcullis 0.1.0`. */
  readonly producer: string;
  /** What, when, of what: shown in the header. */
  readonly facts: readonly Fact[];
  /** In reading order; what a reader must not miss comes first. */
  readonly sections: readonly SummarySection[];
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface SummarySection {
  /** Unique in the document; a link `#id` leads to it. See `anchorOf`. */
  readonly id: string;
  readonly heading: string;
  /** Shown loudly: something was not evaluated, or cannot be relied on. */
  readonly alarm?: boolean;
  readonly blocks: readonly SummaryBlock[];
}

export type SummaryBlock =
  | { readonly kind: "paragraph"; readonly text: string; readonly tone?: Tone }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "facts"; readonly facts: readonly Fact[] }
  | { readonly kind: "tiles"; readonly tiles: readonly Tile[] }
  | { readonly kind: "links"; readonly label: string; readonly links: readonly SummaryLink[] }
  | SummaryTable
  | SummaryGroup
  | { readonly kind: "chart"; readonly chart: Chart };

export interface Tile {
  readonly label: string;
  readonly value: number | string;
  readonly tone: Tone;
}

/** `to` is an id within the document, or an address of https: then show it as the text, so that it hides nothing. */
export interface SummaryLink {
  readonly text: string;
  readonly to?: string;
  readonly tone?: Tone;
}

/** A part of a section that a reader can close: the findings of one policy, one control. */
export interface SummaryGroup {
  readonly kind: "group";
  readonly id: string;
  readonly heading: string;
  /** A word in front of the heading, such as the severity. */
  readonly badge?: { readonly text: string; readonly tone: Tone };
  /** Shown in small type behind the heading: the policy's id, a count. */
  readonly note?: string;
  readonly open: boolean;
  readonly blocks: readonly SummaryBlock[];
}

export interface SummaryTable {
  readonly kind: "table";
  /** Says what the rows are; read out in front of the table. */
  readonly caption: string;
  readonly columns: readonly SummaryColumn[];
  readonly rows: readonly SummaryRow[];
  /** What was left out, and where it is: `9,500 more are left out; the JSON report has all`. Never leave out silently. */
  readonly omitted?: string;
}

export interface SummaryColumn {
  readonly heading: string;
  /** `number`: to the right. `code`: ids and pointers. `mark`: a status, shown in its colour. */
  readonly style?: "text" | "number" | "code" | "mark";
  /** Share of the width against the other columns; 1 if absent. */
  readonly weight?: number;
}

export interface SummaryRow {
  /** Makes the row a place that a link `#id` leads to. */
  readonly id?: string;
  readonly cells: readonly SummaryCell[];
}

/** A text, a number, several lines, or a text in its tone and with a link. */
export type SummaryCell =
  | string
  | number
  | { readonly lines: readonly string[]; readonly more?: MoreLines }
  | { readonly text: string; readonly tone?: Tone; readonly to?: string };

/** Lines that a reader can open, below those that are shown at once. */
export interface MoreLines {
  readonly label: string;
  readonly lines: readonly string[];
}

export type Chart = PartsChart | BarsChart | TrendChart | MatrixChart;

/** One bar, in parts: failures by severity. */
export interface PartsChart {
  readonly kind: "parts";
  readonly title: string;
  readonly parts: readonly { readonly label: string; readonly value: number; readonly tone: Tone }[];
}

/** A bar in parts for each row. */
export interface BarsChart {
  readonly kind: "bars";
  readonly title: string;
  readonly series: readonly Series[];
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[];
}

/** Areas on top of each other, over time. */
export interface TrendChart {
  readonly kind: "trend";
  readonly title: string;
  readonly series: readonly Series[];
  /** Oldest first. `at` is RFC 3339; one value for each of the series. */
  readonly points: readonly { readonly at: string; readonly values: readonly number[] }[];
}

/** A field for each thing, in the colour of its status: the controls of a baseline. */
export interface MatrixChart {
  readonly kind: "matrix";
  readonly title: string;
  readonly fields: readonly MatrixField[];
}

export interface MatrixField {
  readonly label: string;
  readonly status: string;
  readonly tone: Tone;
  /** An id within the document. */
  readonly to?: string;
}

export interface Series {
  readonly label: string;
  readonly tone: Tone;
}

/** Makes documents readable. Implemented in `reports/summary/`; `loadSummaryRenderer` of `compose.ts` gives it. */
export interface SummaryRenderer {
  /** One file that needs nothing else: no script, nothing from a network. */
  html(document: SummaryDocument): string;
  /** The same bytes for the same document. */
  pdf(document: SummaryDocument): Promise<Uint8Array>;
}

/** An id that is fit for a link, from any text: `anchorOf("c", "pci-dss-4.0.1", "1.4.4")` is `c-pci-dss-4.0.1-1.4.4`. */
export function anchorOf(...parts: readonly string[]): string {
  return parts
    .map((part) => part.replace(/[^A-Za-z0-9._-]+/g, (text) => `_${Buffer.from(text).toString("hex")}_`))
    .join("-");
}
