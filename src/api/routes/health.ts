// Whether the process lives, and whether it can do its work. Both are public: they name what is in trouble and no more.
import { Type } from "@sinclair/typebox";
import type { Routes } from "../server.js";
import { createReadiness } from "../readiness.js";

const status = <T extends string>(value: T) => Type.Object({ status: Type.Literal(value) });
const notReady = Type.Object(
  {
    status: Type.Literal("not-ready"),
    trouble: Type.Array(Type.String(), { description: "names of what cannot do its work: `store`, `scheduler`" }),
  },
  { description: "Something cannot do its work" },
);

export const healthRoutes: Routes = (api, services) => {
  const readiness = createReadiness(services);
  api.addHook("preClose", () => {
    readiness.stop();
  });
  api.get("/healthz", { schema: { summary: "Whether the process answers", response: { 200: status("ok") } } }, () => ({
    status: "ok" as const,
  }));
  api.get(
    "/readyz",
    { schema: { summary: "Whether it can do its work now", response: { 200: status("ready"), 503: notReady } } },
    async (_request, reply) => {
      const trouble = await readiness.trouble();
      if (trouble.length === 0) return { status: "ready" as const };
      return reply.code(503).send({ status: "not-ready", trouble: [...trouble] });
    },
  );
};
