// A source that may hang, and work that may have to stop in the middle of it.

/** What the source yields until the signal aborts; then it throws the signal's reason, and the source is told to end. */
export async function* until<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const { aborted, forget } = abortion(signal);
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted]);
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    forget();
    // Not waited for: it may be what hangs.
    void iterator.return?.(undefined).catch(() => undefined);
  }
}

function abortion(signal: AbortSignal): { readonly aborted: Promise<never>; readonly forget: () => void } {
  let forget = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    forget = () => {
      signal.removeEventListener("abort", onAbort);
    };
  });
  aborted.catch(() => undefined);
  return { aborted, forget };
}
