// POST /v1/integrations/git: a Git server says that there is something new. It is believed no more than that: what is new is fetched.
import type { FastifyRequest } from "fastify";
import { deliveryId, mayChangeHeads } from "../../actions/gitops/delivery.js";
import type { Clock } from "../../clock.js";
import type { Gitops } from "../../store/gitops.js";
import { Problem } from "../problem.js";
import type { Routes } from "../server.js";

export interface GitRoutes {
  readonly store: Pick<Gitops, "isNewDelivery" | "want">;
  /** By the name of the repository. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly wake: () => void;
}

const bodyLimit = 5 * 1024 * 1024;
const path = "/v1/integrations/git";
const description =
  "Webhooks of GitHub (X-Hub-Signature-256) and GitLab (X-Gitlab-Token, or webhook-signature). A delivery of a push counts once; it only brings forward the next look at the repository, and many of them bring one.";

/** Null where no repository has a webhook. */
export function gitRoutes(options: GitRoutes | null): Routes {
  return (api) => {
    const wanted = new WeakMap<FastifyRequest, { readonly id: string; readonly repositories: readonly string[] }>();
    api.removeAllContentTypeParsers();
    api.addContentTypeParser("*", { parseAs: "buffer" }, (request, body: Buffer, done) => {
      const found = options === null ? null : senderOf(request, body, options);
      if (found !== null) wanted.set(request, found);
      done(null, {});
    });
    const schema = { summary: "Say that a repository has something new", description, tags: ["hooks"] };
    const demand = (request: FastifyRequest, _: unknown, done: (error?: Error) => void): void => {
      if (wanted.has(request)) done();
      else done(new Problem(401, "unauthenticated", "the signature is missing or wrong"));
    };
    api.post(path, { schema, bodyLimit, preValidation: demand }, async (request, reply) => {
      const delivery = wanted.get(request);
      if (options === null || delivery === undefined)
        throw new Problem(404, "not-found", "no repository has a webhook");
      if (mayChangeHeads(request) && (await options.store.isNewDelivery(delivery.id))) {
        for (const name of delivery.repositories) await options.store.want(name);
        options.wake();
      }
      return reply.code(202).send();
    });
  };
}

function senderOf({ headers }: FastifyRequest, body: Buffer, { secrets, clock }: GitRoutes) {
  const delivery = { headers, body, now: clock.now() };
  const found = [...secrets].map(([name, secret]) => ({ name, id: deliveryId(delivery, secret) }));
  const signed = found.filter(({ id }) => id !== null);
  const [first] = signed;
  return first?.id == null ? null : { id: first.id, repositories: signed.map(({ name }) => name) };
}
