// Waivers: asked for by one, decided by another. Who that is, is who the token says, and never what the body says.
import { Type, type Static } from "@sinclair/typebox";
import { canonicalJson } from "../../audit/canonical-json.js";
import type { Caller } from "../../audit/trail.js";
import { isSamePerson, stateOf, type WaiverScope, type WaiverState } from "../../compliance/waiver.js";
import { instantText, scopePattern, scopeTag, waiverText } from "../../compliance/waiver-file.js";
import { actorSources } from "../../identity.js";
import type { Json } from "../../json.js";
import { cursorOfWaiver, type StoredWaiver, type WaiverRequest } from "../../store/waivers.js";
import { auditCaller, refusing } from "../conflicts.js";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import type { Routes } from "../server.js";
import type { Services } from "../services.js";
import {
  closed,
  listOf,
  nullable,
  nullableText,
  nullableTime,
  oneOf,
  paging,
  shaped,
  text,
  texts,
  time,
} from "../schemas.js";
import { checked } from "../zod-check.js";

const states = [
  "requested",
  "waiting",
  "in-force",
  "expired",
  "rejected",
  "revoked",
] as const satisfies readonly WaiverState[];

interface ShownWaiver extends Omit<StoredWaiver, "file" | "bound"> {
  readonly state: WaiverState;
  readonly bound: Readonly<Record<string, string>>;
}

const source = oneOf(actorSources);
const shown = shaped<ShownWaiver>(
  closed({
    id: text,
    scope: shaped<WaiverScope>(
      closed({ policies: texts, controls: texts, resources: texts, tags: texts, accounts: texts }),
    ),
    ...{ reason: text, ticket: nullableText, start: time, expires: time, endsOnChange: Type.Boolean() },
    ...{ configHash: nullableText, status: oneOf(["requested", "approved", "rejected", "revoked"]) },
    ...{ requester: text, requesterSource: source, requestedAt: time },
    ...{
      approver: nullableText,
      approverSource: nullable(source),
      approvedAt: nullableTime,
      selfApproved: Type.Boolean(),
    },
    ...{ endedBy: nullableText, endedBySource: nullable(source), endedAt: nullableTime, endedReason: nullableText },
    state: oneOf(states),
    bound: Type.Unsafe<Readonly<Record<string, string>>>({ type: "object", additionalProperties: { type: "string" } }),
  }),
);

const id = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$" });
const names = Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 2_048 }), { maxItems: 1_000 }));
const wanted = closed({
  id: Type.Optional(id),
  scope: closed({ policies: names, controls: names, resources: names, tags: names, accounts: names }),
  reason: Type.String({ minLength: 1, maxLength: 2_000 }),
  ticket: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  start: Type.Optional(Type.String({ maxLength: 40, description: "a day or a time; default: now" })),
  expires: Type.String({ maxLength: 40, description: "a day or a time, at most 366 days after the start" }),
  endsOnChange: Type.Optional(Type.Boolean({ description: "ends for a resource when that changes" })),
  configHash: Type.Optional(Type.String({ pattern: "^[0-9a-f]{64}$", description: "see `portcullis waivers hash`" })),
});
const because = closed({ reason: Type.String({ minLength: 1, maxLength: 2_000 }) });
const refusal = { 409: problemResponse("Its state does not allow that, or somebody else has to do it") };

export const waiverRoutes: Routes = (api, services) => {
  addReading(api, services);
  addRequest(api, services);
  addDecisions(api, services);
};

const addReading: Routes = (api, { store, clock }) => {
  const query = closed({ state: oneOf(["all", ...states], { default: "all" }), ...paging });
  api.get(
    "/v1/waivers",
    { schema: { summary: "Waivers, the latest first", querystring: query, response: { 200: listOf(shown) } } },
    async ({ query: { state, limit, cursor } }) => {
      const after = cursor === undefined ? {} : { after: cursor };
      const found = await store.waivers.list({ state, limit: limit + 1, ...after });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const next = found.length > limit && last !== undefined ? cursorOfWaiver(last) : null;
      return { result: page.map((one) => shownWaiver(one, clock.now())), next };
    },
  );
  api.get(
    "/v1/waivers/:id",
    { schema: { summary: "A waiver", params: closed({ id }), response: { 200: shown } } },
    async ({ params }) => shownWaiver(await waiverNamed(store, params.id), clock.now()),
  );
};

const addRequest: Routes = (api, { store, clock }) => {
  api.post(
    "/v1/waivers",
    {
      config: { idempotent: true },
      schema: {
        summary: "Ask for a waiver",
        description: "Somebody else has to approve it.",
        body: wanted,
        response: { 201: shown, ...refusal },
      },
    },
    async (request, reply) => {
      const caller = auditCaller(request);
      const asked = requestOf(request.body, request.creation.id, clock.now());
      const before = request.creation.again ? await store.waivers.get(asked.id) : null;
      const isMine = before !== null && isOf(before, { asked, caller, isOwnId: request.body.id === undefined });
      const waiver = isMine ? before : await refusing(() => store.waivers.request(asked, caller));
      const shownOne = shownWaiver(waiver, clock.now());
      return reply
        .code(201)
        .header("location", `/v1/waivers/${encodeURIComponent(waiver.id)}`)
        .send(shownOne);
    },
  );
};

const addDecisions: Routes = (api, { store, clock }) => {
  const params = closed({ id });
  api.post(
    "/v1/waivers/:id/approve",
    {
      config: { idempotent: true },
      schema: { summary: "Approve what somebody else asked for", params, response: { 200: shown, ...refusal } },
    },
    async (request) => {
      const caller = auditCaller(request);
      const { requester, status, approver } = await waiverNamed(store, request.params.id);
      if (isSamePerson(requester, caller.actor.name)) throw ownRequest(request.params.id);
      const isDone = request.creation.again && status === "approved" && approver === caller.actor.name;
      const change = () =>
        isDone ? waiverNamed(store, request.params.id) : store.waivers.approve(request.params.id, caller);
      return shownWaiver(await refusing(change), clock.now());
    },
  );
  for (const [verb, summary, done] of ends) {
    api.post(
      `/v1/waivers/:id/${verb}`,
      {
        config: { idempotent: true },
        schema: { summary, params, body: because, response: { 200: shown, ...refusal } },
      },
      async (request) => {
        const caller = auditCaller(request);
        const before = await waiverNamed(store, request.params.id);
        const reason = checked(waiverText(2_000), "/reason", request.body.reason);
        const isDone = request.creation.again && before.status === done && before.endedBy === caller.actor.name;
        const change = () => (isDone ? Promise.resolve(before) : store.waivers[verb](before.id, reason, caller));
        return shownWaiver(await refusing(change), clock.now());
      },
    );
  }
};

const ends = [
  ["reject", "Refuse a request", "rejected"],
  ["revoke", "End a waiver before it expires, or take a request back", "revoked"],
] as const;

function shownWaiver({ file: _, bound, ...waiver }: StoredWaiver, now: Date): ShownWaiver {
  return { ...waiver, state: stateOf(waiver, now), bound: Object.fromEntries(bound) };
}

async function waiverNamed({ waivers }: Services["store"], name: string): Promise<StoredWaiver> {
  const waiver = await waivers.get(name);
  if (waiver !== null) return waiver;
  throw new Problem(404, "not-found", `there is no waiver ${name}`);
}

interface Asked {
  readonly asked: WaiverRequest;
  readonly caller: Caller;
  /** The id is of the key's own making: nobody else can have it. */
  readonly isOwnId: boolean;
}

/** Whether an earlier attempt made it. The database names its role instead of a caller for whom it may not speak. */
function isOf(waiver: StoredWaiver, { asked, caller, isOwnId }: Asked): boolean {
  if (isOwnId) return true;
  const isTheirs = waiver.requester === caller.actor.name || waiver.requesterSource !== "token";
  const content = ({ scope, reason, expires }: WaiverRequest | StoredWaiver) =>
    canonicalJson(JSON.parse(JSON.stringify({ scope, reason, expires })) as Json);
  return isTheirs && content(waiver) === content(asked);
}

function ownRequest(name: string): Problem {
  return new Problem(403, "forbidden", `waiver ${name} is your own request: somebody else has to approve it`);
}

function requestOf(body: Static<typeof wanted>, creation: string, now: Date): WaiverRequest & { readonly id: string } {
  const { scope, ticket, start, configHash } = body;
  const list = (kind: keyof WaiverScope): string[] =>
    (scope[kind] ?? []).map((value, at) =>
      checked(kind === "tags" ? scopeTag : scopePattern, `/scope/${kind}/${at}`, value),
    );
  return {
    id: body.id ?? `W-${creation.replaceAll("-", "").slice(0, 16)}`,
    scope: {
      ...{ policies: list("policies"), controls: list("controls"), resources: list("resources") },
      ...{ tags: list("tags"), accounts: list("accounts") },
    },
    reason: checked(waiverText(2_000), "/reason", body.reason),
    ticket: ticket === undefined ? null : checked(waiverText(200), "/ticket", ticket),
    start: start === undefined ? now.toISOString() : checked(instantText, "/start", start),
    expires: checked(instantText, "/expires", body.expires),
    endsOnChange: body.endsOnChange === true || configHash !== undefined,
    configHash: configHash ?? null,
  };
}
