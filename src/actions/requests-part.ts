// Requests that came as events become actions, as a part of the service. The action's id is made of the event's: however often a
// process dies between asking and the note that it was asked, there is one action, and it is run once.
import type { Caller } from "../audit/trail.js";
import { messageOf, PortcullisError } from "../errors.js";
import { LeaseHolder } from "../events/lease-holder.js";
import type { Logger } from "../observability/log.js";
import type { Part } from "../service/part.js";
import { PollLoop } from "../service/poll-loop.js";
import type { EventAnswer, EventRequest } from "../store/event-requests.js";
import type { Store } from "../store/store.js";
import type { Actions } from "./actions.js";
import { mappingFor, parametersFor, type EventMapping } from "./event-mapping.js";

export interface RequestsPartOptions {
  readonly actions: Pick<Actions, "request">;
  readonly store: Pick<Store, "eventRequests" | "outbox">;
  readonly mappings: readonly EventMapping[];
  readonly log: Logger;
  /** This process among its replicas; never the same twice. */
  readonly holder: string;
  readonly pollMs?: number;
  /** The first wait after a fault that may pass; it doubles. */
  readonly retryMs?: number;
}

const pageSize = 100;
const longestWaitMs = 300_000;
const leaseMs = 30_000;

interface Failure {
  readonly waitMs: number;
  /** By the process's own clock. */
  readonly notBefore: number;
}

export function createRequestsPart(options: RequestsPartOptions): Part {
  return new RequestsPart(options);
}

class RequestsPart implements Part {
  readonly name = "event-requests";
  readonly #options: Required<RequestsPartOptions>;
  readonly #lease: LeaseHolder;
  readonly #loop: PollLoop;
  /** By `seq`: those that could not be asked for yet, because something is away. */
  readonly #failures = new Map<number, Failure>();

  constructor(options: RequestsPartOptions) {
    this.#options = { pollMs: 1_000, retryMs: 1_000, ...options };
    const { store, holder } = this.#options;
    this.#lease = new LeaseHolder(store.outbox.leases, { name: "event-requests", holder, ms: leaseMs });
    this.#loop = new PollLoop({
      pollMs: this.#options.pollMs,
      look: async () => {
        if (await this.#lease.isHeld()) await this.#answerAll();
      },
      failed: (error) => {
        options.log.warn({ err: error }, "requests of events cannot be read; trying again");
        return "requests cannot be read from the database";
      },
      ended: () => this.#lease.release(),
    });
  }

  start(): Promise<void> {
    return this.#loop.start();
  }

  trouble(): Promise<string | null> {
    return this.#loop.trouble();
  }

  stop(graceMs: number): Promise<void> {
    return this.#loop.stop(graceMs);
  }

  async #answerAll(): Promise<void> {
    const types = [...new Set(this.#options.mappings.map(({ event }) => event))];
    let after = 0;
    let page: readonly EventRequest[];
    do {
      page = await this.#options.store.eventRequests.waiting({ types, after, limit: pageSize });
      for (const request of page) {
        // A plan may take longer than the lease: it is asked for again before each, and two that plan the same make one action.
        if (this.#loop.isStopping || !(await this.#lease.isHeld())) return;
        await this.#answer(request);
        after = request.seq;
      }
    } while (page.length === pageSize);
  }

  async #answer(request: EventRequest): Promise<void> {
    const mapping = mappingFor(request.event, this.#options.mappings);
    const failure = this.#failures.get(request.seq);
    if (mapping === null || (failure !== undefined && failure.notBefore > performance.now())) return;
    const caller: Caller = { actor: { name: mapping.name, source: "event" }, origin: "events" };
    const answer = await this.#asked(request, mapping, caller);
    if (answer === null) return;
    this.#failures.delete(request.seq);
    const isFirst = await this.#options.store.eventRequests.answer(request, answer, caller);
    if (isFirst)
      this.#options.log.info({ event: request.event.id, ...answer }, `a request of an event was ${answer.status}`);
  }

  /** Null where something is away: it is tried again. */
  async #asked(request: EventRequest, mapping: EventMapping, caller: Caller): Promise<EventAnswer | null> {
    const { event, action: id } = request;
    try {
      const parameters = parametersOf(request, mapping);
      const reason = `${event.type} ${event.id} from ${event.source}`.slice(0, 2_000);
      const requester = { ...caller.actor, roles: [] };
      const { decision, state } = await this.#options.actions.request(
        { kind: mapping.kind, parameters, reason },
        requester,
        caller,
        id,
      );
      return { status: "decided", decision: decision.id, action: id, isToRun: state === "ready" };
    } catch (error) {
      if (error instanceof PortcullisError && refusedFor.has(error.code))
        return { status: "refused", message: messageOf(error) };
      this.#postpone(request, error);
      return null;
    }
  }

  #postpone({ seq, event }: EventRequest, error: unknown): void {
    const waitMs = Math.min(longestWaitMs, (this.#failures.get(seq)?.waitMs ?? this.#options.retryMs / 2) * 2);
    this.#failures.set(seq, { waitMs, notBefore: performance.now() + waitMs });
    this.#options.log.warn(
      { err: error, event: event.id },
      "a request of an event cannot be decided yet; trying again",
    );
  }
}

/** What is wrong with the event or its mapping, and not with the world. */
const refusedFor: ReadonlySet<PortcullisError["code"]> = new Set(["usage", "input-unreadable"]);

function parametersOf({ event }: EventRequest, mapping: EventMapping): ReturnType<typeof parametersFor> {
  try {
    return parametersFor(event, mapping);
  } catch (error) {
    throw new PortcullisError("usage", `it does not fit actions.onEvents ${mapping.name}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
