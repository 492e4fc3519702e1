// Service discovery: where what was provisioned can be reached.
import { Type } from "@sinclair/typebox";
import type { ServiceEntry } from "../../actions/provisioning/service-directory.js";
import { storableText } from "../../store/storable.js";
import { anyObject, closed, listOf, nullable, nullableText, paging, shaped, text, time } from "../schemas.js";
import type { Routes } from "../server.js";

const entry = shaped<ServiceEntry>(
  closed({
    ...{ environment: text, name: text, kind: text, endpoint: text, port: nullable(Type.Integer()) },
    ...{ protocol: nullableText, metadata: anyObject, updatedAt: time, action: text },
  }),
);

/** Names are short: the whole address has its limit too. */
const name = Type.Optional(Type.String({ maxLength: 256 }));

export const directoryRoutes: Routes = (api, { store }) => {
  api.get(
    "/v1/services",
    {
      schema: {
        summary: "Services and their addresses, by environment and name",
        querystring: closed({ environment: name, name, kind: name, ...paging }),
        response: { 200: listOf(entry) },
      },
    },
    async ({ query: { environment, name: called, kind, limit, cursor } }) => {
      const found = await store.serviceDirectory.list({
        ...(environment === undefined ? {} : { environment: storableText(environment) }),
        ...(called === undefined ? {} : { name: storableText(called) }),
        ...(kind === undefined ? {} : { kind: storableText(kind) }),
        ...(cursor === undefined ? {} : { after: cursor }),
        limit,
      });
      return { result: found.services, next: found.next };
    },
  );
};
