// A resource while its parts are asked for: what was answered, what was refused, what it refers to.
import type { PropertyFailure, ScannedResource } from "../../src/inventory/scan-item.js";
import { setOwn, type Json, type JsonObject } from "../../src/json.js";
import { inOrder } from "../../src/concurrency.js";
import { parseDocument, plain, present } from "./plain.js";
import { explain, isNamed } from "./refusal.js";
import type { AwsContext } from "./service.js";

/** The resource vanished between the list and the description: it is not there, which is no error. */
export class Gone extends Error {}

export interface Part<T> {
  /** Properties that stay unread when the call is refused. */
  readonly pointers: readonly string[];
  readonly call: () => Promise<T>;
  /** Names of the errors that mean "not configured". */
  readonly absent?: readonly string[];
  /** Names of the errors that mean that the resource itself is no longer there. */
  readonly gone?: readonly string[];
}

export interface Identity {
  readonly id: string;
  readonly type: string;
  readonly name: string | null;
  /** Null for what belongs to the whole account. */
  readonly region: string | null;
}

export type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];

export class Draft {
  readonly #context: AwsContext;
  readonly #raw: { [key: string]: Json } = {};
  readonly #failures: PropertyFailure[] = [];
  readonly #references = new Set<string>();
  #capturedAt: string;

  constructor(context: AwsContext) {
    this.#context = context;
    this.#capturedAt = context.clock.now().toISOString();
  }

  /** Keeps an answer under the name of its operation, in `raw`. */
  keep(operation: string, answer: unknown): void {
    setOwn(this.#raw, operation, plain(answer));
  }

  /** When what this draft holds was recorded, where that was not now. */
  recordedAt(time: string): void {
    if (time < this.#capturedAt) this.#capturedAt = time;
  }

  /** The answer to `service:Operation`; null where it says "not configured" or was refused (which is then noted on the pointers). */
  async ask<T>(operation: string, part: Part<T>): Promise<T | null> {
    try {
      const answer = await part.call();
      this.keep(operation.split(":").at(-1) ?? operation, answer);
      return answer;
    } catch (error) {
      if (part.gone !== undefined && isNamed(error, part.gone)) throw new Gone();
      if (part.absent === undefined || !isNamed(error, part.absent))
        this.fail(part.pointers, explain(error, operation));
      return null;
    }
  }

  fail(pointers: readonly string[], message: string): void {
    for (const pointer of pointers) this.#failures.push({ pointer, message });
  }

  /** A policy document of text; undefined where there is none. One that cannot be parsed is a failure, never an absence. */
  document(text: string | undefined | null, pointer: string): JsonObject | undefined {
    if (text === undefined || text === null || text === "") return undefined;
    try {
      return parseDocument(text);
    } catch {
      this.fail([pointer], "the policy document is not JSON");
      return undefined;
    }
  }

  /** Ids of other resources. What is no ARN (an alias, a bare key id) cannot be looked up by id and is left out. */
  refer(...ids: readonly (string | undefined | null)[]): void {
    for (const id of ids) if (typeof id === "string" && id.startsWith("arn:")) this.#references.add(id);
  }

  done(identity: Identity, config: { readonly [key: string]: unknown }, tags: Tags = []): ScannedResource {
    const { account, uri } = this.#context;
    const tagged =
      tags.length > 0
        ? { ...config, Tags: tags.map(({ Key, Value }) => ({ Key: Key ?? "", Value: Value ?? "" })) }
        : config;
    return {
      kind: "resource",
      resource: {
        ...identity,
        provider: "aws",
        account,
        tags: tagObject(tags),
        config: present(tagged),
        unknown: [],
        raw: this.#raw,
        source: { scanner: "aws", uri, line: null, column: null, capturedAt: this.#capturedAt },
      },
      locate: () => null,
      references: [...this.#references].filter((id) => id !== identity.id),
      failures: this.#failures,
    };
  }
}

function tagObject(tags: Tags): { readonly [key: string]: string } {
  const result: { [key: string]: string } = {};
  for (const { Key, Value } of tags) if (Key !== undefined) setOwn(result, Key, Value ?? "");
  return result;
}

/** Tags as an object (Lambda, SQS) in the form of the others. */
export function tagList(tags: { readonly [key: string]: string } | undefined): Tags {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}

export const tagPointers: readonly string[] = ["/tags", "/config/Tags"];

/** Describes each listed thing; what is gone meanwhile is left out. */
export async function* describeEach<T, R>(
  context: AwsContext,
  listed: AsyncIterable<T> | Iterable<T>,
  describe: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const work = async (item: T): Promise<{ readonly result: R } | null> => {
    try {
      return { result: await describe(item) };
    } catch (error) {
      if (error instanceof Gone) return null;
      throw error;
    }
  };
  for await (const described of inOrder(listed, context.width, work)) {
    if (described !== null) yield described.result;
  }
}
