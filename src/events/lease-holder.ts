// A lease as its holder sees it: renewed in time, and given up before another can have it.
import type { LeaseRequest, Leases } from "../store/outbox-leases.js";

export class LeaseHolder {
  readonly #leases: Leases;
  readonly #request: LeaseRequest;
  /** By the process's own clock: from before it was asked for. */
  #asked = -Infinity;
  #isHeld = false;

  constructor(leases: Leases, request: LeaseRequest) {
    this.#leases = leases;
    this.#request = request;
  }

  /** Takes or renews it when it is time to. Throws where the database is away. */
  async isHeld(): Promise<boolean> {
    if (this.#isHeld && performance.now() - this.#asked < this.#request.ms / 4) return true;
    const asked = performance.now();
    this.#isHeld = await this.#leases.hold(this.#request);
    if (this.#isHeld) this.#asked = asked;
    return this.isValid();
  }

  /** Whether nobody else can have it yet. */
  isValid(): boolean {
    return this.#isHeld && performance.now() - this.#asked < this.#request.ms * 0.9;
  }

  async release(): Promise<void> {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    await this.#leases.release(this.#request).catch(() => undefined);
  }
}
