// POST /v1/integrations/terraform-run-task: HCP Terraform asks what we say of a plan, and is answered later.
import type { FastifyRequest } from "fastify";
import { decodeText, TextError } from "../../../scanners/code/document.js";
import { parseJson } from "../../../scanners/code/json-text.js";
import type { JsonObject } from "../../json.js";
import type { RunTasks } from "../../store/run-tasks.js";
import { Problem } from "../problem.js";
import type { Api, Routes } from "../server.js";
import type { HcpClientOptions } from "./hcp-client.js";
import { isTrial, runTaskOf, runTaskPayload } from "./run-task-request.js";
import { seal } from "./sealed-token.js";
import { isSigned } from "./signature.js";

export interface RunTaskRoutes {
  readonly tasks: RunTasks;
  readonly keys: readonly string[];
  readonly rules: Pick<HcpClientOptions, "hosts" | "privateAddresses" | "insecureHttp">;
  /** Tasks that may wait. */
  readonly most: number;
  /** A task was added. */
  readonly wake: () => void;
}

const bodyLimit = 1024 * 1024;
const path = "/v1/integrations/terraform-run-task";
const description =
  "HCP Terraform's run task protocol. The body is signed (X-TFC-Task-Signature, HMAC with SHA-512); the result goes to task_result_callback_url.";

/** Null where run tasks are not configured. */
export function runTaskRoutes(options: RunTaskRoutes | null): Routes {
  return (api) => {
    const signed = addSignedParser(api, options?.keys ?? []);
    const schema = { summary: "Judge the plan of a run", description, tags: ["hooks"], body: runTaskPayload };
    api.post(path, { schema, bodyLimit, preValidation: demandSignature(signed) }, async ({ body }, reply) => {
      if (options === null) throw new Problem(404, "not-found", "run tasks are not configured: see hooks.runTask");
      if (isTrial(body)) return reply.code(200).send();
      const { id, run, ...details } = runTaskOf(body, options.rules);
      const task = {
        id,
        run,
        task: details as unknown as JsonObject,
        token: seal(body.access_token, id, options.keys),
      };
      const outcome = await options.tasks.add(task, options.most);
      if (outcome === "full") {
        void reply.header("retry-after", "30");
        throw new Problem(503, "unavailable", `${options.most} run tasks wait already; try again later`);
      }
      if (outcome === "added") options.wake();
      return reply.code(200).send();
    });
  };
}

/** Bodies are looked at only after their signature; the requests whose body had one are remembered. */
function addSignedParser(api: Api, keys: readonly string[]): WeakSet<FastifyRequest> {
  const signed = new WeakSet<FastifyRequest>();
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("*", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (!isSigned(body, request.headers["x-tfc-task-signature"], keys)) {
      done(unsigned());
      return;
    }
    signed.add(request);
    try {
      done(null, parseJson("request.json", decodeText(body)).value);
    } catch (error) {
      done(
        error instanceof TextError
          ? new Problem(400, "invalid-request", `the body: ${error.message}`)
          : (error as Error),
      );
    }
  });
  return signed;
}

/** A request without a body has no parser, and no signature either. */
function demandSignature(signed: WeakSet<FastifyRequest>) {
  return (request: FastifyRequest, _: unknown, done: (error?: Error) => void): void => {
    if (signed.has(request)) done();
    else done(unsigned());
  };
}

function unsigned(): Problem {
  return new Problem(401, "unauthenticated", "the signature is missing or wrong");
}
