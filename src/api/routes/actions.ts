// Changes to infrastructure: asked for by one, decided by the gate, approved by another, run by the service. Who that is, is who the
// token says.
import { Type } from "@sinclair/typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  actionStates,
  type ActionState,
  type Stop,
  type Actions,
  type Approval,
  type StoredAction,
} from "../../actions/actions.js";
import { answers, type Decision, type Requester } from "../../actions/decision.js";
import { actionModules, type ActionRequest, type Plan } from "../../actions/action.js";
import { listedAction, shownAction, shownKind, shownPlan, type ListedAction } from "../../actions/shown-action.js";
import { actorSources } from "../../identity.js";
import type { RunVerb, StoredWish } from "../../store/action-runs.js";
import type { Store } from "../../store/store.js";
import { callerOf } from "../authorize.js";
import { auditCaller, refusing } from "../conflicts.js";
import { Problem } from "../problem.js";
import { problemResponse } from "../route-schemas.js";
import type { Routes } from "../server.js";
import type { Services } from "../services.js";
import {
  anyObject,
  closed,
  filter,
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

const objects = Type.Array(anyObject);
const shownDecision = shaped<Decision>(
  closed({
    ...{ id: text, answer: oneOf(answers), reasons: texts, planHash: text },
    ...{ violations: objects, existing: objects, resolved: objects, undecided: objects, actionVerdicts: objects },
    approval: nullable(closed({ roles: texts, count: Type.Integer() })),
    ...{ decidedAt: time, expiresAt: time, policies: text },
  }),
);
const shownThePlan = shaped<Plan>(
  closed({
    target: closed({ key: text, environment: nullableText, account: nullableText, region: nullableText }),
    ...{ changes: objects, steps: objects, problems: texts },
    group: nullable(closed({ name: text, size: Type.Integer() })),
    cost: nullable(closed({ before: Type.Number(), after: Type.Number(), currency: text })),
  }),
);
const requester = shaped<Requester>(closed({ name: text, source: oneOf(actorSources), roles: texts }));
const state = shaped<ActionState>(oneOf(actionStates));
const common = {
  ...{ id: text, kind: text, reason: nullableText, requester, state, message: nullableText },
  ...{ requestedAt: time, startedAt: nullableTime, endedAt: nullableTime },
};
const wish = shaped<StoredWish>(
  closed(
    {
      verb: oneOf(["run", "rollback"]),
      ...{ askedBy: text, askedAt: time, endedAt: nullableTime, refusal: nullableText },
    },
    { description: "what the service was asked to do with it last; `refusal` says why it was not done" },
  ),
);

interface ShownAction extends StoredAction {
  readonly asked: StoredWish | null;
}

const shown = shaped<ShownAction>(
  closed({
    ...common,
    ...{ parameters: anyObject, plan: shownThePlan, decision: shownDecision, steps: objects },
    approvals: shaped<readonly Approval[]>(objects),
    asked: nullable(wish),
  }),
);
const listed = shaped<ListedAction>(
  closed({
    ...common,
    ...{ target: text, resources: Type.Integer({ description: "that it changes" }) },
    decision: closed({ id: text, answer: oneOf(answers), planHash: text }),
  }),
);

const actionId = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";
const params = closed({ id: Type.String({ pattern: `^${actionId}$` }) });
const wanted = {
  kind: Type.String({ minLength: 1, maxLength: 200, description: "see /v1/actions/kinds" }),
  parameters: shaped<ActionRequest["parameters"]>({ ...anyObject, description: "as the kind's schema says" }),
};
const reason = Type.String({ minLength: 1, maxLength: 2_000 });
const because = closed({ reason });
const refusal = { 409: problemResponse("Its state does not allow that, or somebody else has to do it") };

export const actionRoutes: Routes = (api, services) => {
  addReading(api, services);
  addAsking(api, services);
  addDeciding(api, services);
  addRunning(api, services);
  addStopping(api, services);
};

const addReading: Routes = (api, { actions, store }) => {
  api.get(
    "/v1/actions/kinds",
    {
      schema: {
        summary: "What can be asked for",
        response: {
          200: closed({
            result: Type.Array(
              closed({
                ...{ kind: text, module: oneOf(actionModules), title: text, permissions: texts },
                ...{ onFailure: oneOf(["rollback", "pause"]), parameters: shaped<object>(anyObject) },
              }),
            ),
          }),
        },
      },
    },
    () => ({ result: [...actions.kinds.values()].map(shownKind) }),
  );
  const query = closed({
    state: shaped<ActionState | "all">(oneOf(["all", ...actionStates], { default: "all" })),
    ...{ kind: filter, target: filter, ...paging },
  });
  api.get(
    "/v1/actions",
    { schema: { summary: "Actions, the latest first", querystring: query, response: { 200: listOf(listed) } } },
    async ({ query: { state, kind, target, limit, cursor } }) => {
      const filters = { ...(kind === undefined ? {} : { kind }), ...(target === undefined ? {} : { target }) };
      const page = await actions.list({ state, ...filters, limit, ...(cursor === undefined ? {} : { after: cursor }) });
      return { result: page.actions.map(listedAction), next: page.next };
    },
  );
  api.get(
    "/v1/actions/:id",
    { schema: { summary: "An action: plan, decision, steps", params, response: { 200: shown } } },
    async ({ params: { id } }) => withWish(store, await actionNamed(actions, id)),
  );
};

const addAsking: Routes = (api, { actions, store }) => {
  const body = closed({ ...wanted, reason: Type.Optional(reason) });
  api.post(
    "/v1/decisions",
    {
      schema: {
        summary: "Ask the gate",
        description: "Plans the action and decides on it. Nothing is kept but the entry in the audit trail.",
        body,
        response: { 200: closed({ decision: shownDecision, plan: shownThePlan }) },
      },
    },
    async (request) => {
      const { plan, decision } = await actions.decide(
        requestOf(request.body),
        requesterOf(request),
        auditCaller(request),
      );
      return { decision, plan: shownPlan(plan) };
    },
  );
  api.post(
    "/v1/actions",
    {
      config: { idempotent: true },
      schema: {
        summary: "Ask for an action",
        description:
          "It is planned and decided on; nothing changes before it is run. The same `id` is the same action.",
        body: closed({
          id: Type.Optional(Type.String({ pattern: `^(?!kinds$)${actionId}$`, description: "default: made up" })),
          ...wanted,
          reason,
        }),
        response: { 201: shown },
      },
    },
    async (request, reply) => {
      const id = request.body.id ?? `A-${request.creation.id}`;
      const action = await actions.request(requestOf(request.body), requesterOf(request), auditCaller(request), id);
      return reply
        .code(201)
        .header("location", `/v1/actions/${encodeURIComponent(action.id)}`)
        .send(await withWish(store, action));
    },
  );
};

const addDeciding: Routes = (api, { actions, store }) => {
  api.post(
    "/v1/actions/:id/approve",
    {
      config: { idempotent: true },
      schema: {
        summary: "Approve what somebody else asked for",
        description: "Of exactly the decision and the plan that were shown: another one has to be looked at again.",
        params,
        body: closed({
          decision: Type.String({ minLength: 1, maxLength: 100 }),
          planHash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
        }),
        response: { 200: shown, ...refusal },
      },
    },
    async (request) => {
      const { id, approvals } = await actionNamed(actions, request.params.id);
      const caller = auditCaller(request);
      const isDone = approvals.some(
        ({ approver, decision }) => approver === caller.actor.name && decision === request.body.decision,
      );
      const approve = () => actions.approve(id, request.body, requesterOf(request), caller);
      return withWish(
        store,
        request.creation.again && isDone ? await actionNamed(actions, id) : await refusing(approve),
      );
    },
  );
  api.post(
    "/v1/actions/:id/reject",
    {
      config: { idempotent: true },
      schema: { summary: "Refuse an action that waits", params, body: because, response: { 200: shown, ...refusal } },
    },
    async (request) => {
      const before = await actionNamed(actions, request.params.id);
      const reject = () => actions.reject(before.id, request.body.reason, auditCaller(request));
      return withWish(store, request.creation.again && before.state === "rejected" ? before : await refusing(reject));
    },
  );
};

/** From which states the service is asked to do it. */
const startsFrom: Readonly<Record<RunVerb, readonly ActionState[]>> = {
  run: ["ready", "needs-approval", "paused"],
  rollback: ["succeeded", "paused", "failed"],
};

const addRunning: Routes = (api, services) => {
  const schema = { params, response: { 202: shown, ...refusal } };
  const description = "The service does it; see `Location` for how far it is.";
  const config = { idempotent: true };
  api.post(
    "/v1/actions/:id/run",
    {
      config,
      schema: { summary: "Run an action that is allowed, or go on with a paused one", description, ...schema },
    },
    async (request, reply) => accepted(reply, await ask(services, request, { verb: "run", reason: null })),
  );
  api.post(
    "/v1/actions/:id/rollback",
    { config, schema: { summary: "Bring the former state back", description, ...schema, body: because } },
    async (request, reply) =>
      accepted(reply, await ask(services, request, { verb: "rollback", reason: request.body.reason })),
  );
};

interface Asked {
  readonly verb: RunVerb;
  readonly reason: string | null;
}

async function ask(services: Services, request: FastifyRequest, { verb, reason: why }: Asked): Promise<ShownAction> {
  const { actions, store } = services;
  const { id } = request.params as { readonly id: string };
  const action = await actionNamed(actions, id);
  const before = await store.actionRuns.get(id);
  if (request.creation.again && before?.verb === verb) return withWish(store, action);
  if (!startsFrom[verb].includes(action.state))
    throw new Problem(409, "conflict", `action ${id} is ${action.state}: expected ${startsFrom[verb].join(", ")}`);
  const stop = await actions.stopped();
  if (stop !== null) throw new Problem(409, "conflict", `the stop button is pressed, by ${stop.by}: ${stop.reason}`);
  await refusing(() =>
    store.actionRuns.ask({
      action: id,
      verb,
      reason: why,
      caller: auditCaller(request),
      roles: callerOf(request).roles,
    }),
  );
  return withWish(store, action);
}

function accepted(reply: FastifyReply, action: ShownAction): FastifyReply {
  return reply
    .code(202)
    .header("location", `/v1/actions/${encodeURIComponent(action.id)}`)
    .send(action);
}

const addStopping: Routes = (api, { actions }) => {
  const stop = shaped<Stop>(closed({ by: text, reason: text, at: time }));
  const response = { 200: closed({ stop: nullable(stop) }) };
  const current = async (): Promise<{ stop: Stop | null }> => ({ stop: await actions.stopped() });
  api.get(
    "/v1/actions-stop",
    { schema: { summary: "The stop button, null where it is not pressed", response } },
    current,
  );
  api.post(
    "/v1/actions-stop",
    {
      schema: {
        summary: "Press the stop button",
        description: "What runs pauses after the step that it is at, and nothing starts until it is released.",
        body: because,
        response,
      },
    },
    async (request) => {
      await actions.stop(request.body.reason, auditCaller(request));
      return current();
    },
  );
  api.delete(
    "/v1/actions-stop",
    { schema: { summary: "Release the stop button; what is paused waits for a person", response } },
    async (request) => {
      await actions.release(auditCaller(request));
      return current();
    },
  );
};

function requesterOf(request: FastifyRequest): Requester {
  const { actor, roles } = callerOf(request);
  return { ...actor, roles };
}

function requestOf({
  kind,
  parameters,
  reason: why = null,
}: {
  readonly kind: string;
  readonly parameters: ActionRequest["parameters"];
  readonly reason?: string | null;
}): ActionRequest {
  return { kind, parameters, reason: why };
}

async function actionNamed(actions: Actions, id: string): Promise<StoredAction> {
  const action = await actions.get(id);
  if (action !== null) return action;
  throw new Problem(404, "not-found", `there is no action ${id}`);
}

async function withWish({ actionRuns }: Store, action: StoredAction): Promise<ShownAction> {
  return { ...shownAction(action), asked: await actionRuns.get(action.id) };
}
