// A time after which an answer is of no use to who asked.

export class Late extends Error {
  constructor() {
    super("it took too long");
    this.name = "Late";
  }
}

export interface Deadline {
  isOver(): boolean;
  /** Rejects with Late when the time is over first. */
  within<T>(work: Promise<T>): Promise<T>;
}

export function deadlineIn(milliseconds: number): Deadline {
  const end = performance.now() + milliseconds;
  const isOver = (): boolean => performance.now() >= end;
  return {
    isOver,
    async within(work) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          reject(new Late());
        }, end - performance.now());
      });
      try {
        return await Promise.race([work, late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
