// What findings, resources and baselines share.
import { Type } from "@sinclair/typebox";
import { severities } from "../engine/policy.js";
import type { AppliedWaiver, ControlReference, Reason, VerdictResource } from "../engine/verdict.js";
import type { Location } from "../inventory/resource.js";
import { closed, nullable, nullableText, nullableTime, oneOf, shaped, text } from "./schemas.js";

export const severity = oneOf(severities);

export const location = shaped<Location>(
  closed({ file: text, line: Type.Integer(), column: Type.Optional(Type.Integer()) }),
);

export const verdictResource = shaped<VerdictResource>(
  closed({ id: text, provider: text, type: text, name: nullableText, account: nullableText, region: nullableText }),
);

export const controlReference = shaped<ControlReference>(closed({ baseline: text, control: text }));

export const reason = shaped<Reason>(closed({ message: text, path: nullableText, location: nullable(location) }));

export const appliedWaiver = shaped<AppliedWaiver>(
  closed({
    kind: oneOf(["waiver", "suppression"]),
    ...{ id: text, reason: text, ticket: nullableText, requester: nullableText, approver: nullableText },
    expires: nullableTime,
    would: oneOf(["fail", "unknown"]),
  }),
);
