// Pieces of the schemas of routes. Each says the type that it describes, so that a route gives what the rest of the program has.
import { Type, type TObject, type TProperties, type TSchema, type TUnsafe } from "@sinclair/typebox";
import type { Json, JsonObject } from "../json.js";
import { Problem } from "./problem.js";

/** The schema of a value whose type is written elsewhere. */
export function shaped<T>(schema: TSchema): TUnsafe<T> {
  return Type.Unsafe<T>(schema);
}

/** An object with these members and no others. */
export function closed<P extends TProperties>(
  properties: P,
  options: { readonly description?: string } = {},
): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

export function nullable<T>(schema: TSchema & { static: T }): TUnsafe<T | null> {
  const { type, enum: values } = schema as unknown as { readonly type: string; readonly enum?: readonly unknown[] };
  return Type.Unsafe<T | null>({
    ...schema,
    type: [type, "null"],
    ...(values === undefined ? {} : { enum: [...values, null] }),
  });
}

export function oneOf<const T extends string>(values: readonly T[], options: object = {}): TUnsafe<T> {
  return Type.Unsafe<T>({ type: "string", enum: [...values], ...options });
}

export const text = Type.String();
export const nullableText = nullable(text);
export const time = Type.String({ format: "date-time" });
export const nullableTime = nullable(time);
export const anyObject = Type.Unsafe<JsonObject>({ type: "object", additionalProperties: true });
export const anyJson = Type.Unsafe<Json>({});
export const texts = Type.Unsafe<readonly string[]>({ type: "array", items: { type: "string" } });

export interface Listed<T> {
  readonly result: readonly T[];
  /** The cursor of the next page; null on the last. */
  readonly next: string | null;
}

/** The one shape of a list. */
export function listOf<T>(item: TUnsafe<T>): TUnsafe<Listed<T>> {
  return Type.Unsafe<Listed<T>>(
    closed({ result: Type.Array(item), next: nullable(Type.String({ description: "cursor of the next page" })) }),
  );
}

export const longestText = 2_048;

/** What a list can be asked for, besides its filters. */
export const paging = {
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: "at most so many" }),
  cursor: Type.Optional(
    Type.String({ maxLength: longestText, description: "`next` of the page before, of the same question" }),
  ),
};

export const filter = Type.Optional(Type.String({ maxLength: longestText }));
export const timeFilter = Type.Optional(Type.String({ format: "date-time", maxLength: 40 }));

/** The time in UTC, as the store takes it. Throws a Problem for one that there is not, or that is in another age. */
export function instantOf(name: string, value: string, part: "query" | "body" = "query"): string {
  const date = new Date(value.toUpperCase());
  const year = date.getUTCFullYear();
  if (year >= 1970 && year < 10_000) return date.toISOString();
  const detail = "must be a time from 1970 to 9999, such as 2026-01-31T08:00:00Z";
  throw new Problem(400, "invalid-request", `${part} /${name} ${detail}`, [{ in: part, pointer: `/${name}`, detail }]);
}

/** The page of a list that is in memory, in the order of ids. */
export function pageOf<T extends { readonly id: string }>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Listed<T> {
  const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString("utf8");
  const rest = all.filter(({ id }) => id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
  const result = rest.slice(0, limit);
  const last = result.at(-1);
  return {
    result,
    next: rest.length > limit && last !== undefined ? Buffer.from(last.id).toString("base64url") : null,
  };
}
