// Gets a document of an issuer: within a time, up to a size, and from nowhere else than it says.

export interface FetchJsonOptions {
  readonly allowLoopback: boolean;
  readonly timeoutMs: number;
  readonly maximumBytes: number;
}

/** Throws an Error, whose message may be logged, for whatever is not an answer in JSON. */
export async function fetchJson(url: string, options: FetchJsonOptions): Promise<unknown> {
  checkAddress(url, options.allowLoopback);
  const signal = AbortSignal.timeout(options.timeoutMs);
  const response = await fetch(url, { signal, redirect: "error", headers: { accept: "application/json" } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered with status ${response.status}`);
  }
  return JSON.parse(await readText(response, url, options.maximumBytes)) as unknown;
}

const loopback = ["127.0.0.1", "localhost", "[::1]"];

/** Throws for what would be asked in the clear. */
export function checkAddress(address: string, allowLoopback: boolean): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  const isLoopback = allowLoopback && url?.protocol === "http:" && loopback.includes(url.hostname);
  if (url === null || (url.protocol !== "https:" && !isLoopback) || url.username !== "" || url.password !== "")
    throw new Error(`${address.slice(0, 300)} is not an address with https`);
}

async function readText({ body }: Response, url: string, maximumBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of (body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maximumBytes) throw new Error(`${url} answered with more than ${maximumBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
