// What HCP Terraform sends when a run comes to a run task.
import { Type, type Static } from "@sinclair/typebox";
import { Problem } from "../problem.js";
import { allowedAddress, type HcpClientOptions } from "./hcp-client.js";

const text = (longest: number) => Type.String({ maxLength: longest });
const id = Type.String({ pattern: "^[A-Za-z0-9_-]{1,200}$" });
const optionalText = Type.Optional(Type.Union([text(10_000), Type.Null()]));

/** More than what is used may be there: HCP Terraform adds to it. */
export const runTaskPayload = Type.Object(
  {
    payload_version: Type.Integer(),
    access_token: Type.String({ minLength: 1, maxLength: 10_000 }),
    stage: Type.Optional(text(100)),
    task_result_id: Type.Optional(id),
    task_result_enforcement_level: Type.Optional(text(100)),
    task_result_callback_url: Type.Optional(text(4_000)),
    run_id: Type.Optional(id),
    is_speculative: Type.Optional(Type.Boolean()),
    plan_json_api_url: optionalText,
    organization_name: optionalText,
    workspace_name: optionalText,
    capabilities: Type.Optional(Type.Object({ outcomes: Type.Optional(Type.Boolean()) })),
  },
  { description: "A run task request of HCP Terraform, payload version 1" },
);

export type RunTaskPayload = Static<typeof runTaskPayload>;

/** As it is kept until it is done. */
export interface RunTaskDetails {
  readonly stage: string;
  readonly callbackUrl: string;
  /** Null at stages that have no plan. */
  readonly planUrl: string | null;
  readonly organization: string;
  readonly workspace: string;
  readonly isSpeculative: boolean;
  /** HCP Terraform takes outcomes. */
  readonly outcomes: boolean;
}

export interface RunTask extends RunTaskDetails {
  readonly id: string;
  readonly run: string;
}

/** HCP Terraform asks once when the run task is made, and wants no result. */
export function isTrial({ access_token, stage, task_result_enforcement_level: level }: RunTaskPayload): boolean {
  return access_token === "test-token" || stage === "test" || level === "test";
}

/** Throws Problem for what is missing, and for addresses that would not be asked. */
export function runTaskOf(
  payload: RunTaskPayload,
  rules: Pick<HcpClientOptions, "hosts" | "privateAddresses" | "insecureHttp">,
): RunTask {
  if (payload.payload_version !== 1)
    throw invalid("payload_version", `payload version ${payload.payload_version}: expected 1`);
  const required = <K extends keyof RunTaskPayload>(name: K): NonNullable<RunTaskPayload[K]> => {
    const value = payload[name] ?? undefined;
    if (value === undefined) throw invalid(name, "is missing");
    return value;
  };
  const addressOf = (name: "task_result_callback_url" | "plan_json_api_url", value: string): string => {
    const address = allowedAddress(value, rules);
    if (typeof address === "string") throw invalid(name, address);
    return address.href;
  };
  const plan = payload.plan_json_api_url ?? null;
  return {
    id: required("task_result_id"),
    run: required("run_id"),
    stage: required("stage"),
    callbackUrl: addressOf("task_result_callback_url", required("task_result_callback_url")),
    planUrl: plan === null ? null : addressOf("plan_json_api_url", plan),
    organization: payload.organization_name ?? "",
    workspace: payload.workspace_name ?? "",
    isSpeculative: payload.is_speculative ?? false,
    outcomes: payload.capabilities?.outcomes ?? false,
  };
}

function invalid(name: string, detail: string): Problem {
  return new Problem(400, "invalid-request", `body /${name} ${detail}`, [{ in: "body", pointer: `/${name}`, detail }]);
}
