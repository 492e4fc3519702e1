import { CallError, connect, type AnalyzerClient, type PackConfiguration, type PackInfo } from "./analyzer-client.js";
import type { PackFolder } from "./pack-folder.js";
import { startPack, withOutput, type PackProcess, type PackProcessOptions } from "./pack-process.js";

/** One running process of a pack, spoken to as the Pulumi engine does. A session that broke is not used again. */
export interface PackSession {
  readonly process: PackProcess;
  readonly info: PackInfo;
  /** Tells the pack what to run; does nothing when it is told already. */
  configure(configuration: PackConfiguration): Promise<void>;
  /**
   * Runs the calls, some at a time, and ends the process when none of them was answered for `patience` milliseconds.
   * Each gives what `ask` resolved with, or why it did not.
   */
  callAll<Question, Answer>(
    questions: readonly Question[],
    ask: (client: AnalyzerClient, question: Question) => Promise<Answer>,
    patience: number,
  ): Promise<Called<Answer>[]>;
  readonly isBroken: () => boolean;
  close(because: string): Promise<void>;
}

export type Called<Answer> = { readonly answer: Answer } | { readonly failure: string };

/** Calls that wait for an answer at one time: a pack answers one after the other, and holds all that wait in memory. */
const inFlight = 32;
/** gRPC's codes for a program that threw: what it says is then about one call, and the pack lives. */
const codeOfThrown = 2;
const codeOfTooLarge = 8;

/** Rejects with why the pack cannot be used. */
export async function openSession(folder: PackFolder, options: PackProcessOptions): Promise<PackSession> {
  const process = await startPack(folder, options);
  const client = connect(process.address);
  const patience = options.limits.start;
  try {
    await client.handshake(folder.path, patience);
    await client.configureStack(patience);
    const info = await client.info(patience);
    return new Session(process, client, info, patience);
  } catch (error) {
    client.close();
    const message = error instanceof Error ? error.message : String(error);
    const end = process.ended();
    await process.stop("it did not answer as a policy pack does");
    throw new Error(withOutput(end === null ? message : `${end} (${message})`, process.output()), { cause: error });
  }
}

class Session implements PackSession {
  readonly process: PackProcess;
  readonly info: PackInfo;
  readonly #client: AnalyzerClient;
  readonly #patience: number;
  #configured: PackConfiguration | null = null;

  constructor(process: PackProcess, client: AnalyzerClient, info: PackInfo, patience: number) {
    this.process = process;
    this.info = info;
    this.#client = client;
    this.#patience = patience;
  }

  isBroken(): boolean {
    return this.process.ended() !== null;
  }

  async configure(configuration: PackConfiguration): Promise<void> {
    if (this.#configured === configuration) return;
    await this.#client.configure(configuration, this.#patience);
    this.#configured = configuration;
  }

  async callAll<Question, Answer>(
    questions: readonly Question[],
    ask: (client: AnalyzerClient, question: Question) => Promise<Answer>,
    patience: number,
  ): Promise<Called<Answer>[]> {
    const results: Called<Answer>[] = [];
    const watch = this.#watch(patience);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < questions.length) {
        const at = next++;
        results[at] = await this.#call(questions[at] as Question, ask);
        watch.answered();
      }
    };
    await Promise.all(Array.from({ length: Math.min(inFlight, questions.length) }, work));
    watch.end();
    return results;
  }

  async #call<Question, Answer>(
    question: Question,
    ask: (client: AnalyzerClient, question: Question) => Promise<Answer>,
  ): Promise<Called<Answer>> {
    const end = this.process.ended();
    if (end !== null) return { failure: withOutput(end, this.process.output()) };
    try {
      return { answer: await ask(this.#client, question) };
    } catch (error) {
      if (!(error instanceof CallError)) return { failure: error instanceof Error ? error.message : String(error) };
      if (error.code === codeOfThrown || error.code === codeOfTooLarge) return { failure: error.message };
      // The connection broke: mostly since the process ended, which is then told a moment later.
      const how = await Promise.race([this.process.whenEnded, later(2000)]);
      if (how === null) await this.process.stop(`it broke the connection: ${error.message}`);
      return { failure: withOutput(this.process.ended() ?? error.message, this.process.output()) };
    }
  }

  #watch(patience: number): { answered: () => void; end: () => void } {
    const late = (): void => void this.process.stop(`it did not answer within ${patience / 1000} s`);
    let timer = setTimeout(late, patience);
    return {
      answered: () => {
        clearTimeout(timer);
        timer = setTimeout(late, patience);
      },
      end: () => {
        clearTimeout(timer);
      },
    };
  }

  async close(because: string): Promise<void> {
    this.#client.close();
    await this.process.stop(because);
  }
}

function later(milliseconds: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve(null);
    }, milliseconds).unref();
  });
}
