// What scans saw and is still there.
import { Type } from "@sinclair/typebox";
import type { StoredResource } from "../../store/inventory-rows.js";
import type { Routes } from "../server.js";
import { anyObject, closed, filter, listOf, nullable, nullableText, paging, shaped, text, time } from "../schemas.js";

const resource = shaped<StoredResource>(
  closed({
    ...{ id: text, provider: text, type: text, name: nullableText, account: nullableText, region: nullableText },
    owner: nullableText,
    tags: Type.Record(text, text),
    config: nullable(anyObject),
    ...{ firstSeen: time, lastSeen: time, lastScan: text },
  }),
);

const query = closed({
  ...{ provider: filter, type: filter, account: filter, region: filter },
  owner: Type.Optional(Type.String({ maxLength: 2_048, description: "empty: without an owner" })),
  ...paging,
});

export const resourceRoutes: Routes = (api, { store }) => {
  api.get(
    "/v1/resources",
    { schema: { summary: "Resources, by id", querystring: query, response: { 200: listOf(resource) } } },
    async ({ query: { cursor, ...filters } }) => {
      const page = await store.resources({ ...filters, ...(cursor === undefined ? {} : { after: cursor }) });
      return { result: page.resources, next: page.next };
    },
  );
};
