// What Prometheus reads.
import { Type } from "@sinclair/typebox";
import { createScrape, scrapeContentType } from "../../observability/scrape.js";
import type { Routes } from "../server.js";

export const metricRoutes: Routes = (api, { metrics, store, bus, parts }) => {
  const scrape = createScrape({ metrics, parts, store: () => store.gauges(), broker: () => bus.check() });
  const response = {
    200: { description: "Metrics in Prometheus' text format", content: { "text/plain": { schema: Type.String() } } },
  };
  api.get("/metrics", { schema: { summary: "Metrics for Prometheus", response } }, async (_request, reply) =>
    reply.type(scrapeContentType).send(await scrape()),
  );
};
