// Loaded before a program (node --import): at SIGUSR2 its clock jumps to the offset, in milliseconds, that the file CLOCK_OFFSET_FILE
// holds. Only the time of day: what measures durations goes on.
import { readFileSync } from "node:fs";

const Real = Date;
let offset = 0;
const now = () => Real.now() + offset;
globalThis.Date = new Proxy(Real, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new Real(now()).toString(),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});
process.on("SIGUSR2", () => {
  offset = Number(readFileSync(process.env.CLOCK_OFFSET_FILE, "utf8"));
});
