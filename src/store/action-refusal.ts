// What the database's rules about actions refuse is for the user to know, in their own words.
import { messageOf, PortcullisError } from "../errors.js";
import { sqlState } from "./database-error.js";

export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusal(error);
  }
}

function refusal(error: unknown): unknown {
  const cause = error instanceof PortcullisError ? error.cause : error;
  const state = sqlState(cause);
  const text = messageOf(cause);
  if (state === "23505" && text.includes("actions_one_by_target"))
    return new PortcullisError("usage", "another action runs on the same target: wait until it has ended", {
      cause: error,
    });
  if (state === "23505") return new PortcullisError("usage", `it is there already: ${text}`, { cause: error });
  if (state !== "23514" && state !== "42501") return error;
  return new PortcullisError("usage", text, { cause: error });
}
