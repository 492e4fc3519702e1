// A dead letter is published again, as it came. Events take effect once, so that a second replay does no harm.
import type { Caller } from "../audit/trail.js";
import type { DeadLetters } from "../store/inbox-dead-letters.js";
import type { EventBus } from "./bus.js";
import { replayMessage } from "./dead-letter-message.js";

/** False when there is no such letter. Throws what `publish` throws; the letter waits on then. */
export async function replayDeadLetter(
  { bus, deadLetters }: { readonly bus: EventBus; readonly deadLetters: DeadLetters },
  id: string,
  caller: Caller,
): Promise<boolean> {
  const letter = await deadLetters.get(id);
  if (letter === null) return false;
  await bus.publish(replayMessage(letter));
  await deadLetters.markReplayed(id, caller);
  return true;
}
