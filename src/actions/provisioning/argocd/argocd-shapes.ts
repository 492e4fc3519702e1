// What we read of Argo CD's API (its swagger document, v3). What it leaves out is what Go's `omitempty` leaves out.
import { z } from "zod";

const text = z.string().max(100_000).optional();

const source = z.looseObject({ repoURL: text, path: text, chart: text, targetRevision: text });

const operation = z.looseObject({
  sync: z.looseObject({ revision: text, prune: z.boolean().optional(), source: source.optional() }).optional(),
});

export const application = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: text, deletionTimestamp: text }),
  spec: z.looseObject({
    source: source.optional(),
    sources: z.array(source).max(1_000).optional(),
    sourceHydrator: z.looseObject({}).optional(),
    project: text,
    destination: z.looseObject({ namespace: text, server: text, name: text }).optional(),
    syncPolicy: z.looseObject({ automated: z.looseObject({ enabled: z.boolean().optional() }).nullish() }).nullish(),
  }),
  operation: operation.optional(),
  status: z
    .looseObject({
      sync: z.looseObject({ status: text, revision: text }).optional(),
      health: z.looseObject({ status: text, message: text }).optional(),
      reconciledAt: text,
      conditions: z
        .array(z.looseObject({ type: text, message: text }))
        .max(1_000)
        .optional(),
      history: z
        .array(z.looseObject({ id: z.number().int().optional(), revision: text, source: source.optional() }))
        .max(10_000)
        .optional(),
      summary: z.looseObject({ externalURLs: z.array(z.string()).max(1_000).optional() }).optional(),
      operationState: z
        .looseObject({
          phase: text,
          message: text,
          startedAt: text,
          finishedAt: text,
          operation: operation.optional(),
          syncResult: z.looseObject({ revision: text, source: source.optional() }).optional(),
        })
        .optional(),
    })
    .optional(),
});
export type Application = z.infer<typeof application>;
export type ApplicationSource = z.infer<typeof source>;

/** Argo CD fills in nothing else than the manifests: not the revision that it resolved. */
export const manifestResponse = z.looseObject({ manifests: z.array(z.string()).max(10_000).optional() });

const managedResource = z.looseObject({
  group: text,
  kind: z.string(),
  namespace: text,
  name: z.string(),
  hook: z.boolean().optional(),
  /** JSON; `null` as text where there is none. */
  liveState: z.string().optional(),
});
export type ManagedResource = z.infer<typeof managedResource>;

export const managedResources = z.looseObject({ items: z.array(managedResource).max(10_000).nullish() });
