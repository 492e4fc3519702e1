// Events from others, and the messages among them that could not be used.
import { Type } from "@sinclair/typebox";
import { incomingTypes } from "../../events/cloud-event.js";
import { receivedStates } from "../../store/inbox-received.js";
import { replayDeadLetter } from "../../events/replay.js";
import type { JsonObject } from "../../json.js";
import { UnauthenticatedError } from "../identity.js";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import type { Routes } from "../server.js";

const page = {
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
  cursor: Type.Optional(Type.String({ maxLength: 200, description: "`next` of the page before" })),
};
const next = Type.Union([Type.String(), Type.Null()], { description: "for the next page; null on the last" });
const nullableText = Type.Union([Type.String(), Type.Null()]);
const instant = Type.String({ format: "date-time" });

const receivedEvent = Type.Object({
  type: Type.String(),
  topic: Type.String(),
  received: instant,
  status: Type.Union(
    receivedStates.map((state) => Type.Literal(state)),
    {
      description:
        "`received`: it is kept, and nothing else; `applied`: it changed something here; of a request, `decided` or `refused`",
    },
  ),
  decision: Type.Union([Type.String(), Type.Null()], { description: "of a request that was decided" }),
  action: Type.Union([Type.String(), Type.Null()], { description: "what was made of it" }),
  message: Type.Union([Type.String(), Type.Null()], { description: "why it was refused" }),
  event: Type.Unsafe<JsonObject>({ type: "object", additionalProperties: true, description: "the CloudEvent" }),
});

const deadLetter = Type.Object({
  id: Type.String(),
  subscription: Type.String(),
  topic: Type.String(),
  key: nullableText,
  properties: Type.Record(Type.String(), Type.String()),
  size: Type.Integer({ description: "of the body, in bytes" }),
  reason: Type.String(),
  attempts: Type.Integer(),
  firstFailed: instant,
  lastFailed: instant,
  failures: Type.Integer({ description: "how often it came here" }),
  replayed: Type.Union([instant, Type.Null()], { description: "when it was replayed last; null while it waits" }),
  replays: Type.Integer(),
});

export const eventRoutes: Routes = (api, { store, bus }) => {
  const eventsSchema = {
    summary: "Events from others, the latest first",
    querystring: Type.Object({
      ...page,
      type: Type.Optional(Type.Union(incomingTypes.map((type) => Type.Literal(type)))),
    }),
    response: { 200: Type.Object({ result: Type.Array(receivedEvent), next }) },
  };
  api.get("/v1/events", { schema: eventsSchema }, async ({ query: { limit, cursor, type } }) => {
    const found = await store.inbox.received({ limit, ...after(cursor), ...(type === undefined ? {} : { type }) });
    return { result: [...found.events], next: found.next };
  });

  const lettersSchema = {
    summary: "Messages that could not be used, the latest first",
    querystring: Type.Object({
      ...page,
      waiting: Type.Boolean({ default: false, description: "only those that were not replayed" }),
    }),
    response: { 200: Type.Object({ result: Type.Array(deadLetter), next }) },
  };
  api.get("/v1/dead-letters", { schema: lettersSchema }, async ({ query: { limit, cursor, waiting } }) => {
    const found = await store.inbox.deadLetters.list({ limit, waiting, ...after(cursor) });
    return { result: [...found.letters], next: found.next };
  });

  const replaySchema = {
    summary: "Publish a dead letter again, as it came",
    params: Type.Object({ id: Type.String({ pattern: "^[0-9a-f]{32}$" }) }),
    response: {
      200: Type.Object({ id: Type.String(), replayed: Type.Literal(true) }),
      409: problemResponse("There is no broker"),
    },
  };
  api.post("/v1/dead-letters/:id/replay", { schema: replaySchema }, async ({ params: { id }, identity }) => {
    if (identity === null) throw new UnauthenticatedError("a token is needed");
    // It would go to nobody, and count as replayed.
    if (bus.kind === "in-process") throw new Problem(409, "conflict", "no broker is configured to publish it to");
    const { origin } = await store.audit.caller();
    const caller = { actor: identity.actor, origin };
    const isThere = await replayDeadLetter({ bus, deadLetters: store.inbox.deadLetters }, id, caller);
    if (!isThere) throw new Problem(404, "not-found", `there is no dead letter ${id}`);
    return { id, replayed: true as const };
  });
};

function after(cursor: string | undefined): { readonly after?: string } {
  return cursor === undefined ? {} : { after: cursor };
}
