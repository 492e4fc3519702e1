/** A wait that can be cut short: what was told before the wait began counts too. */
export class Wake {
  #isTold = false;
  #end: (() => void) | null = null;

  wake(): void {
    this.#isTold = true;
    this.#end?.();
  }

  /** What was told until now is being looked at. */
  clear(): void {
    this.#isTold = false;
  }

  /** Until it is told, and at most so long. */
  async wait(ms: number): Promise<void> {
    if (this.#isTold) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#end = null;
  }
}
