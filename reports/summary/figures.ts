/** To a tenth; 0 for what is no number. */
export function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 10) / 10 : 0;
}

/** Cut between characters, not within one. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text.slice(0, length * 2 + 2));
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 check`, `2 checks`. */
export function counted(value: number, one: string, more = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : more}`;
}
