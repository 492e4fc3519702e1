// The audit trail, to be read. What proves it is `portcullis audit verify`.
import { Type } from "@sinclair/typebox";
import type { AuditEntry } from "../../audit/trail.js";
import { Problem } from "../problem.js";
import type { Routes } from "../server.js";
import {
  anyObject,
  closed,
  instantOf,
  listOf,
  nullableText,
  paging,
  shaped,
  text,
  time,
  timeFilter,
} from "../schemas.js";

const entry = shaped<AuditEntry>(
  closed({
    seq: Type.Integer(),
    hash: Type.String({ description: "SHA-256 of the entry and of all before it, hex" }),
    event: closed({
      ...{ at: time, kind: text, actor: closed({ name: text, source: text }), origin: nullableText },
      ...{ subject: nullableText, decision: nullableText, details: anyObject },
    }),
  }),
);

const kind = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "such as `waiver.approved`, or all that begin so: `waiver.`",
});
const query = closed({
  ...{ from: timeFilter, to: timeFilter },
  kind: Type.Optional(Type.Array(kind, { maxItems: 50 })),
  actor: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: "by name" })),
  ...paging,
});

export const auditRoutes: Routes = (api, { store: { audit } }) => {
  api.get(
    "/v1/audit",
    {
      schema: {
        summary: "Entries of the audit trail, the newest first",
        querystring: query,
        response: { 200: listOf(entry) },
      },
    },
    async ({ query: { from, to, kind: kinds = [], actor, limit, cursor } }) => {
      const asked = {
        from: from === undefined ? null : instantOf("from", from),
        to: to === undefined ? null : instantOf("to", to),
        ...{ kinds, ...(actor === undefined ? {} : { actor }) },
        ...(cursor === undefined ? {} : { before: seqOf(cursor) }),
      };
      const found = await audit.newest(asked, limit + 1);
      const result = found.slice(0, limit);
      return { result, next: found.length > limit ? String(result.at(-1)?.seq) : null };
    },
  );
  api.get(
    "/v1/audit/:seq",
    {
      schema: {
        summary: "An entry of the audit trail",
        params: closed({ seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: { 200: entry },
      },
    },
    async ({ params: { seq } }) => {
      const found = await audit.entry(seq);
      if (found === null) throw new Problem(404, "not-found", `the audit trail has no entry ${seq}`);
      return found;
    },
  );
};

function seqOf(cursor: string): number {
  if (/^[1-9]\d{0,14}$/.test(cursor)) return Number(cursor);
  const detail = "is not one that a page before gave";
  throw new Problem(400, "invalid-request", `query /cursor ${detail}`, [{ in: "query", pointer: "/cursor", detail }]);
}
