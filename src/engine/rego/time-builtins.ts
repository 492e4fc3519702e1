// The built-in functions that opa-wasm lacks and that policies about ages of keys cannot do without. Keep the list tiny.

/** RFC 3339, as OPA takes it: seconds may have a fraction. */
const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})$/;

/** `now` stays the same for one evaluator, so that an evaluation is repeatable. */
export function timeBuiltins(now: Date): { [name: string]: (...args: readonly unknown[]) => ArrayBuffer | undefined } {
  return {
    "time.now_ns": () => exact(BigInt(now.getTime()) * 1_000_000n),
    "time.parse_rfc3339_ns": (text) => parseRfc3339(text),
  };
}

/** Undefined for what is not a time, as in OPA outside of its strict mode. */
function parseRfc3339(text: unknown): ArrayBuffer | undefined {
  const match = typeof text === "string" ? rfc3339.exec(text) : null;
  if (match === null) return undefined;
  const [, seconds = "", fraction = "", zone = ""] = match;
  const milliseconds = Date.parse(seconds + zone);
  if (Number.isNaN(milliseconds) || !isOnCalendar(seconds)) return undefined;
  return exact(BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0")));
}

/** JavaScript takes 30 February for 2 March. */
function isOnCalendar(seconds: string): boolean {
  return new Date(`${seconds}Z`).toISOString().startsWith(seconds);
}

/** opa-wasm takes an ArrayBuffer for JSON text: so nanoseconds keep all their digits. */
function exact(value: bigint): ArrayBuffer {
  return new TextEncoder().encode(value.toString()).buffer;
}
