// Findings: what is wrong, or could not be known, over time. The shapes are those of `portcullis findings --format json`.
import { Type } from "@sinclair/typebox";
import { linksOf, type FindingLinks } from "../../compliance/links.js";
import { findingSorts } from "../../store/finding-query.js";
import type { Finding } from "../../store/findings.js";
import { findingEventKinds, type FindingEvent } from "../../store/history.js";
import { Problem } from "../problem.js";
import type { Routes } from "../server.js";
import {
  closed,
  filter,
  instantOf,
  listOf,
  nullable,
  nullableText,
  nullableTime,
  oneOf,
  paging,
  shaped,
  text,
  time,
  timeFilter,
} from "../schemas.js";
import { appliedWaiver, controlReference, location, reason, severity, verdictResource } from "../verdict-schemas.js";

type Linked = Finding & { readonly links: FindingLinks };

const findingMembers = {
  ...{ fingerprint: text, policy: text, severity, title: text, resource: verdictResource, owner: nullableText },
  controls: Type.Array(controlReference),
  ...{ message: text, path: nullableText, reasons: Type.Array(reason), location: nullable(location) },
  ...{ remediation: nullableText, verdict: oneOf(["fail", "unknown"]), status: oneOf(["open", "waived", "resolved"]) },
  waiver: nullable(appliedWaiver),
  ...{ firstSeen: time, lastSeen: time, resolvedAt: nullableTime, reopened: Type.Integer(), lastScan: text },
  links: closed({ finding: nullableText, resource: nullableText, code: nullableText }),
};
const finding = shaped<Linked>(closed(findingMembers));

const event = shaped<FindingEvent>(
  closed({
    ...{ at: time, fingerprint: text, kind: oneOf(findingEventKinds), scan: text, policy: text, resource: text },
    ...{ severity, waiver: nullableText },
  }),
);
const findingWithHistory = shaped<Linked & { readonly history: readonly FindingEvent[] }>(
  closed({ ...findingMembers, history: Type.Array(event, { description: "what became of it, oldest first" }) }),
);

const times = [
  "firstSeenAfter",
  "firstSeenBefore",
  "lastSeenAfter",
  "lastSeenBefore",
  "resolvedAfter",
  "resolvedBefore",
] as const;

const query = closed({
  status: oneOf(["open", "waived", "resolved", "unresolved", "all"], {
    default: "open",
    description: "`unresolved` is open and waived",
  }),
  severity: Type.Optional(oneOf(severity.enum as Finding["severity"][], { description: "this severe, or more" })),
  verdict: Type.Optional(oneOf(["fail", "unknown"])),
  ...{ policy: filter, resource: filter, provider: filter, type: filter, account: filter, region: filter },
  owner: Type.Optional(Type.String({ maxLength: 2_048, description: "empty: without an owner" })),
  baseline: filter,
  control: Type.Optional(Type.String({ maxLength: 2_048, description: "of the baseline, which must be given too" })),
  waiver: filter,
  text: Type.Optional(Type.String({ maxLength: 2_048, description: "in the title, the message or the resource" })),
  ...{ firstSeenAfter: timeFilter, firstSeenBefore: timeFilter, lastSeenAfter: timeFilter, lastSeenBefore: timeFilter },
  ...{ resolvedAfter: timeFilter, resolvedBefore: timeFilter },
  reopened: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, description: "came back so often, or more" })),
  sort: Type.Optional(oneOf(findingSorts)),
  descending: Type.Optional(Type.Boolean()),
  ...paging,
});

const fingerprint = Type.String({ pattern: "^[0-9a-fA-F]{1,64}$", description: "or the start of it" });

export const findingRoutes: Routes = (api, { store, config }) => {
  const linked = (one: Finding): Linked => ({ ...one, links: linksOf(one, config.links ?? {}) });
  api.get(
    "/v1/findings",
    { schema: { summary: "Findings, the most severe first", querystring: query, response: { 200: listOf(finding) } } },
    async ({ query: { cursor, ...filters } }) => {
      if (filters.control !== undefined && filters.baseline === undefined) throw needsBaseline();
      const given = times.flatMap((name) =>
        filters[name] === undefined ? [] : [[name, instantOf(name, filters[name])]],
      );
      const asked = { ...filters, ...(Object.fromEntries(given) as object) };
      const { findings, next } = await store.listFindings({
        ...asked,
        ...(cursor === undefined ? {} : { after: cursor }),
      });
      return { result: findings.map(linked), next };
    },
  );
  api.get(
    "/v1/findings/:fingerprint",
    {
      schema: {
        summary: "A finding and what became of it",
        params: closed({ fingerprint }),
        response: { 200: findingWithHistory },
      },
    },
    async ({ params }) => {
      const found = await store.getFinding(params.fingerprint);
      if (found === null) throw new Problem(404, "not-found", `there is no finding ${params.fingerprint}`);
      return { ...linked(found), history: await store.findingHistory(found.fingerprint) };
    },
  );
};

function needsBaseline(): Problem {
  const detail = "needs a baseline: which baseline's control is meant";
  return new Problem(400, "invalid-request", `query /control ${detail}`, [
    { in: "query", pointer: "/control", detail },
  ]);
}
