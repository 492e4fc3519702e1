// How soon V8 compiles a WebAssembly module's functions a second time, with its optimising compiler.
import { setFlagsFromString } from "node:v8";

/** V8's own budget of a function, in units of work, before it is optimised. */
const usual = 1_800_000;

/**
 * The functions of modules that are compiled until the returned function is called are optimised `times` later than usual. The
 * largest ones of a Go program take the optimiser seconds of all cores, for which a short command waits at its end, without use.
 */
export function optimiseLate(times: number): () => void {
  setFlagsFromString(`--wasm-tiering-budget=${usual * times}`);
  return () => {
    setFlagsFromString(`--wasm-tiering-budget=${usual}`);
  };
}
