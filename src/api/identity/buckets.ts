// Token buckets: how often somebody may ask. Memory is bounded: who was not heard of for longest is forgotten first.
import type { Rate } from "./identity-settings.js";

export interface Taken {
  readonly allowed: boolean;
  /** What may still be asked at once. */
  readonly remaining: number;
  /** Until the next one is allowed; 0 when it is. */
  readonly waitMs: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
}

interface Bucket {
  level: number;
  at: number;
}

export interface BucketsOptions {
  readonly rate: Rate;
  readonly maximum: number;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
}

export class Buckets {
  readonly rate: Rate;
  readonly #maximum: number;
  readonly #now: () => number;
  /** The one used last stands last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor({ rate, maximum, now }: BucketsOptions) {
    this.rate = rate;
    this.#maximum = maximum;
    this.#now = now;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one where there is one. */
  take(key: string): Taken {
    const bucket = this.#filled(key);
    const allowed = bucket.level >= 1;
    if (allowed) bucket.level--;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#maximum && oldest !== undefined) this.#buckets.delete(oldest);
    return this.#told(bucket, allowed);
  }

  /** Whether there is one, without taking it. */
  look(key: string): Taken {
    const bucket = this.#filled(key);
    return this.#told(bucket, bucket.level >= 1);
  }

  #filled(key: string): Bucket {
    const now = this.#now();
    const { perSecond, burst } = this.rate;
    const before = this.#buckets.get(key);
    if (before === undefined) return { level: burst, at: now };
    return { level: Math.min(burst, before.level + ((now - before.at) / 1_000) * perSecond), at: now };
  }

  #told({ level }: Bucket, allowed: boolean): Taken {
    const { perSecond, burst } = this.rate;
    const waitMs = allowed ? 0 : ((1 - level) / perSecond) * 1_000;
    return {
      allowed,
      remaining: Math.max(0, Math.floor(level)),
      waitMs,
      resetMs: ((burst - level) / perSecond) * 1_000,
    };
  }
}
