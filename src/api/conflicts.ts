// For routes that change the state of something: who calls, and what its state does not allow.
import type { FastifyRequest } from "fastify";
import type { Caller } from "../audit/trail.js";
import { PortcullisError } from "../errors.js";
import { callerOf } from "./authorize.js";
import { Problem } from "./problem.js";

export function auditCaller(request: FastifyRequest): Caller {
  return { actor: callerOf(request).actor, origin: request.ip };
}

/** What the state does not allow is a conflict, in the words of who refused it. */
export async function refusing<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof PortcullisError && error.code === "usage") throw new Problem(409, "conflict", error.message);
    throw error;
  }
}
