// How the statements of a block can end where it depends on something unknown.
import { both, sure, type Causes, type Held } from "./doubt.js";

/** A way out of blocks. */
export interface Exit {
  /** 0 leaves the innermost block. */
  readonly level: number;
  /** What it depends on that it is taken. */
  readonly causes: Causes;
  /** What the locals held there. */
  readonly locals: Held[];
}

export interface Run {
  /** Whether the end of the statements can be reached. */
  readonly completes: boolean;
  readonly exits: readonly Exit[];
}

export const completed: Run = { completes: true, exits: [] };

/** The exits that leave more than `levels` blocks, counted from outside of these. */
export function outwards(exits: readonly Exit[], levels: number): Exit[] {
  return exits.filter(({ level }) => level >= levels).map((exit) => ({ ...exit, level: exit.level - levels }));
}

export function causesOfExits(exits: readonly Exit[]): Causes {
  return exits.map(({ causes }) => causes).reduce(both, sure);
}
