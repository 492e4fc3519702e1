// Approved waivers for roads that answer in milliseconds: kept for a moment, and asked for again behind the answers.
import type { Waiver } from "../../compliance/waiver.js";

export interface WaiverSourceOptions {
  /** Of the store. */
  readonly load: () => Promise<readonly Waiver[]>;
  /** Of files: read once. */
  readonly fixed: readonly Waiver[];
  /** Told why the store's could not be had: then none of them excuses anything. */
  readonly failed: (error: unknown) => void;
  readonly now?: () => number;
}

/** A waiver that was revoked excuses nothing any more after `mostMs`, whatever happens. */
const [freshMs, mostMs] = [2_000, 10_000];

export function createWaiverSource({ load, fixed, failed, now = () => performance.now() }: WaiverSourceOptions) {
  let kept: { readonly waivers: readonly Waiver[]; readonly at: number } | null = null;
  let loading: Promise<readonly Waiver[]> | null = null;
  const refresh = (): Promise<readonly Waiver[]> =>
    (loading ??= load()
      .then((stored) => (kept = { waivers: [...fixed, ...stored], at: now() }).waivers)
      .catch((error: unknown) => {
        failed(error);
        return fixed;
      })
      .finally(() => {
        loading = null;
      }));
  return (): Promise<readonly Waiver[]> => {
    const age = kept === null ? Infinity : now() - kept.at;
    if (kept === null || age >= mostMs) return refresh();
    if (age >= freshMs) void refresh();
    return Promise.resolve(kept.waivers);
  };
}
