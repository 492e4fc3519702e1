// A FAKE of AWS Config, for the fault proxy: moto's recorder answers every query with nothing. Its answers are typed by the SDK's
// own models; it knows one expression, the one by type, and pages by the number of rows asked for.
import type {
  BaseConfigurationItem,
  BatchGetResourceConfigCommandInput,
  BatchGetResourceConfigCommandOutput,
  ConfigurationRecorder,
  ConfigurationRecorderStatus,
  SelectResourceConfigCommandInput,
  SelectResourceConfigCommandOutput,
} from "@aws-sdk/client-config-service";
import type { Fault, FaultAnswer } from "./fault-proxy.js";

export interface FakeConfig {
  readonly region: string;
  readonly recorder: ConfigurationRecorder;
  readonly status: ConfigurationRecorderStatus;
  readonly items: readonly BaseConfigurationItem[];
  readonly pageSize?: number;
}

export function fakeConfig(fake: FakeConfig): Fault[] {
  const here = (operation: string, answer: (body: unknown) => object): Fault => ({
    service: "config",
    operation,
    answer: (call) => (call.region === fake.region ? json(answer(JSON.parse(call.body))) : null),
  });
  return [
    here("DescribeConfigurationRecorders", () => ({ ConfigurationRecorders: [fake.recorder] })),
    here("DescribeConfigurationRecorderStatus", () => ({ ConfigurationRecordersStatus: [fake.status] })),
    here("SelectResourceConfig", (input) => select(fake, input as SelectResourceConfigCommandInput)),
    here("BatchGetResourceConfig", (input) => batch(fake, input as BatchGetResourceConfigCommandInput)),
  ];
}

function select(
  { items, pageSize = 100 }: FakeConfig,
  input: SelectResourceConfigCommandInput,
): Omit<SelectResourceConfigCommandOutput, "$metadata"> {
  const type = /^SELECT resourceId WHERE resourceType = '([^']+)'$/.exec(input.Expression ?? "")?.[1];
  const rows = items
    .filter(({ resourceType }) => resourceType === type)
    .map(({ resourceId }) => JSON.stringify({ resourceId }));
  const start = Number(input.NextToken ?? 0);
  const next = start + pageSize;
  return { Results: rows.slice(start, next), ...(next < rows.length ? { NextToken: String(next) } : {}) };
}

function batch(
  { items }: FakeConfig,
  { resourceKeys = [] }: BatchGetResourceConfigCommandInput,
): Omit<BatchGetResourceConfigCommandOutput, "$metadata"> {
  const isAsked = (item: BaseConfigurationItem): boolean =>
    resourceKeys.some(
      ({ resourceType, resourceId }) => resourceType === item.resourceType && resourceId === item.resourceId,
    );
  return { baseConfigurationItems: items.filter(isAsked), unprocessedResourceKeys: [] };
}

/** Times go as seconds, as the service sends them. */
function json(answer: object): FaultAnswer {
  const body = JSON.stringify(answer, function (this: { readonly [key: string]: unknown }, key, value: unknown) {
    const original = this[key];
    return original instanceof Date ? original.getTime() / 1000 : value;
  });
  return { status: 200, type: "application/x-amz-json-1.1", body };
}
