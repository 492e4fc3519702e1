// CloudEvents in structured mode, from bytes that anybody may have sent. Attributes that we do not know are not kept.
import { z } from "zod";
import { messageOf } from "../errors.js";
import { incomingTypes, outgoingTypes, type CloudEvent } from "./cloud-event.js";
import { dataFault } from "./event-schemas.js";
import { parseStrictJson } from "./strict-json.js";

/** The message can never be used, however often it is delivered. The message says why, without what it held. */
export class FaultyEventError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FaultyEventError";
  }
}

export const maximumEventBytes = 1024 * 1024;

const text = (limit: number) =>
  z.string().min(1).max(limit).refine(isPlain, "expected text without control characters");
const attributes = z.object({
  specversion: z.literal("1.0"),
  id: text(500),
  source: text(2_048),
  type: z.enum([...outgoingTypes, ...incomingTypes]),
  subject: text(2_048).optional(),
  time: z.iso.datetime({ offset: true }).max(40),
  datacontenttype: z
    .string()
    .regex(/^application\/json(;|$)/, "expected application/json")
    .optional(),
  dataschema: text(2_048).optional(),
  partitionkey: text(2_048).optional(),
  decisionid: text(500).optional(),
  traceparent: z.string().max(200).optional(),
  data: z.record(z.string(), z.json()),
});

/** Throws FaultyEventError for what is no event of ours, or whose data are not as its schema says. */
export function parseCloudEvent(bytes: Uint8Array): CloudEvent {
  const value = parse(bytes);
  const result = attributes.safeParse(value);
  if (!result.success) throw new FaultyEventError(faultOf(result.error));
  const { subject, dataschema, partitionkey, decisionid, traceparent, ...rest } = result.data;
  const fault = dataFault(rest.type, rest.data);
  if (fault !== null) throw new FaultyEventError(fault);
  return {
    ...rest,
    datacontenttype: "application/json",
    ...(subject === undefined ? {} : { subject }),
    ...(dataschema === undefined ? {} : { dataschema }),
    ...(partitionkey === undefined ? {} : { partitionkey }),
    ...(decisionid === undefined ? {} : { decisionid }),
    ...(traceparent === undefined || !isTraceparent(traceparent) ? {} : { traceparent }),
  };
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.length > maximumEventBytes)
    throw new FaultyEventError(`${bytes.length} bytes; at most ${maximumEventBytes} are taken`);
  let json: string;
  try {
    json = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FaultyEventError("expected UTF-8");
  }
  try {
    return parseStrictJson(json);
  } catch (error) {
    throw new FaultyEventError(messageOf(error));
  }
}

function faultOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return "expected a CloudEvent";
  const where = issue.path.length === 0 ? "a CloudEvent in structured mode" : issue.path.join(".").slice(0, 200);
  return `${where}: ${issue.message.slice(0, 300)}`;
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f]/.test(value);
}

function isTraceparent(value: string): boolean {
  return /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value);
}
