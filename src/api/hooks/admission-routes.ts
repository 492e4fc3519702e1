// POST /v1/admission: a validating webhook of Kubernetes.
import { Type } from "@sinclair/typebox";
import { decodeText, TextError } from "../../../scanners/code/document.js";
import { parseJson } from "../../../scanners/code/json-text.js";
import type { Run } from "../../compose.js";
import type { Waiver } from "../../compliance/waiver.js";
import { messageOf, PortcullisError } from "../../errors.js";
import { Problem } from "../problem.js";
import type { Api, Routes } from "../server.js";
import type { Services } from "../services.js";
import { createAdmission, type Admission } from "./admission.js";
import {
  admissionAnswer,
  admissionReview,
  answerOf,
  goDuration,
  type AdmissionRequest,
  type Decision,
} from "./admission-review.js";
import { deadlineIn, Late } from "./deadline.js";
import type { AdmissionSettings } from "./hook-settings.js";
import { createWaiverSource } from "./waiver-source.js";

export interface AdmissionRoutes {
  /** Prepared for this road alone: what one judges must not change what another sees. */
  readonly run: Run;
  /** Of files. */
  readonly waivers: readonly Waiver[];
}

/** Objects of 3 MB are the most that an API server takes, and an update brings two of them. */
const bodyLimit = 8 * 1024 * 1024;
const defaultDeadline = 9_000;

export function admissionRoutes({ run, waivers }: AdmissionRoutes): Routes {
  return (api, services) => {
    const settings = services.config.hooks?.admission ?? {};
    const admission = createAdmission({
      ...{ run, settings, failOn: services.config.failOn ?? "low" },
      waivers: waiverSource(services, waivers),
      bind: (bindings) => services.store.waivers.bind(bindings),
    });
    const querystring = Type.Object({ timeout: Type.Optional(Type.String({ maxLength: 40 })) });
    addBodyParser(api);
    const schema = {
      summary: "Decide on a change to an object of a Kubernetes cluster",
      ...{ tags: ["hooks"], querystring, body: admissionReview, response: { 200: admissionAnswer } },
    };
    api.post(
      "/v1/admission",
      { schema, bodyLimit, config: { decision: true } },
      async ({ body: { request }, query }) => {
        const stop = services.metrics.decisionSeconds.startTimer({ road: "admission" });
        const decision = await answered(admission, request, { services, settings, timeout: query.timeout });
        stop();
        return answerOf(request.uid, decision);
      },
    );
  };
}

function waiverSource({ store, log }: Services, fixed: readonly Waiver[]) {
  return createWaiverSource({
    load: () => store.waivers.approved(),
    fixed,
    failed: (error) => {
      log.warn({ err: error }, "the store's waivers cannot be read: none of them excuses anything");
    },
  });
}

interface Asked {
  readonly services: Services;
  readonly settings: AdmissionSettings;
  /** As the API server appends it to the address. */
  readonly timeout: string | undefined;
}

/** An error of ours is an answer too: it denies, unless the settings say otherwise. */
async function answered(admission: Admission, request: AdmissionRequest, asked: Asked): Promise<Decision> {
  const { services, settings } = asked;
  try {
    return await admission(request, deadlineIn(allowedTime(asked)));
  } catch (error) {
    services.log.error({ err: error, uid: request.uid }, "a request for admission could not be decided");
    const reason = `it could not be decided: ${isTold(error) ? messageOf(error) : "an internal error, see the log"}`;
    const annotations = { errors: reason };
    if (settings.failurePolicy === "Ignore") return { denial: null, warnings: [`portcullis: ${reason}`], annotations };
    return { denial: { code: 500, reasons: [reason] }, warnings: [], annotations };
  }
}

function isTold(error: unknown): boolean {
  return error instanceof Late || (error instanceof PortcullisError && error.code !== "internal");
}

/** A tenth less than the API server waits, for the way back. */
function allowedTime({ settings, timeout }: Asked): number {
  const given = timeout === undefined ? null : goDuration(timeout);
  const own = settings.deadline === undefined ? defaultDeadline : settings.deadline * 1_000;
  return given === null || given === 0 ? own : Math.min(own, given * 0.9);
}

/** The reader of `portcullis check`: it knows keys such as `__proto__` as what they are, and limits the depth. */
function addBodyParser(api: Api): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser("application/json", { parseAs: "buffer" }, (_, body: Buffer, done) => {
    try {
      done(null, parseJson("request", decodeText(body)).value);
    } catch (error) {
      done(
        error instanceof TextError
          ? new Problem(400, "invalid-request", `the body: ${error.message}`)
          : (error as Error),
      );
    }
  });
}
