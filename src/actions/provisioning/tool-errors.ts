// The two ways in which a tool's method fails, in one form.
import { PortcullisError } from "../../errors.js";

/** The tool is missing, failed or took too long. */
export function toolFailed(message: string, cause?: unknown): PortcullisError {
  return new PortcullisError("provider-unavailable", message, { cause });
}

/** What the state of the world does not allow: a lock, or a plan that is not so any more. */
export function refused(message: string): PortcullisError {
  return new PortcullisError("usage", message);
}
