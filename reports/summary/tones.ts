import type { Tone } from "../../src/summary.js";

export type Palette = Readonly<Record<Tone | "ink" | "paper" | "soft" | "line" | "dim", string>>;

/** Each is readable on `paper` and on `soft`, as text too: a test computes the contrast. */
export const light: Palette = {
  ink: "#17202c",
  paper: "#ffffff",
  soft: "#f4f6f9",
  line: "#d8dee7",
  dim: "#566173",
  pass: "#17693f",
  fail: "#b42318",
  unknown: "#6941c6",
  error: "#9b2a86",
  waived: "#2f5d8f",
  "not-assessed": "#5f6b7c",
  critical: "#7a1237",
  high: "#b42318",
  medium: "#93560a",
  low: "#1f62a3",
  info: "#56657a",
  plain: "#344054",
};

export const dark: Palette = {
  ink: "#e6eaf0",
  paper: "#11161d",
  soft: "#1a212b",
  line: "#334050",
  dim: "#a3afbf",
  pass: "#5bc792",
  fail: "#ff8a80",
  unknown: "#b9a3ff",
  error: "#f29ae4",
  waived: "#8fb4e8",
  "not-assessed": "#9aa5b4",
  critical: "#ff7fa8",
  high: "#ff8a80",
  medium: "#f3b25e",
  low: "#7db8f2",
  info: "#a3afbf",
  plain: "#cdd5e0",
};
