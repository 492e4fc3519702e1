/** The code cannot be put right by editing it here. The message says why, and where. */
export class NoPatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NoPatch";
  }
}
