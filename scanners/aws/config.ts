// AWS Config's records, where they can be trusted. What is not recorded is not taken for what does not exist.
import {
  BatchGetResourceConfigCommand,
  ConfigServiceClient,
  DescribeConfigurationRecordersCommand,
  DescribeConfigurationRecorderStatusCommand,
  paginateSelectResourceConfig,
  type BaseConfigurationItem,
  type ConfigurationRecorder,
  type ResourceType,
} from "@aws-sdk/client-config-service";
import { isObject, own, setOwn, type Json, type JsonObject } from "../../src/json.js";
import type { Clients } from "./clients.js";
import { inGroups, itemsOf } from "./paging.js";

export interface ConfigItem {
  readonly id: string;
  readonly configuration: JsonObject;
  readonly supplementary: JsonObject;
  readonly capturedAt: string;
}

export interface RecordedConfig {
  covers(type: string): boolean;
  /** The records of these ids that can be used; the others have to be described. */
  byId(type: string, ids: readonly string[]): Promise<ReadonlyMap<string, ConfigItem>>;
  /**
   * All records of a type; null when they cannot be had in full, and when there are none: an empty answer also comes from a
   * recorder that has only begun (and from test servers), so that "none" is only believed of the service itself.
   */
  all(type: string): Promise<readonly ConfigItem[] | null>;
}

/** Null unless a recorder runs and its last delivery succeeded. Never throws: without it the services are asked. */
export async function recordedConfig(clients: Clients, region: string): Promise<RecordedConfig | null> {
  const client = clients.of(ConfigServiceClient, region);
  try {
    const status = await client.send(new DescribeConfigurationRecorderStatusCommand({}));
    const running = (status.ConfigurationRecordersStatus ?? []).filter(
      ({ recording, lastStatus }) => recording === true && lastStatus === "Success",
    );
    if (running.length === 0) return null;
    const { ConfigurationRecorders = [] } = await client.send(new DescribeConfigurationRecordersCommand({}));
    const recorders = ConfigurationRecorders.filter(({ name }) => running.some((one) => one.name === name));
    return recorders.length === 0 ? null : records(client, recorders);
  } catch {
    return null;
  }
}

function records(client: ConfigServiceClient, recorders: readonly ConfigurationRecorder[]): RecordedConfig {
  return {
    covers: (type) => recorders.some((recorder) => isRecorded(recorder, type)),
    byId: (type, ids) => usableById(client, type, ids),
    all: (type) => allOf(client, type),
  };
}

/** True when the recorder records the type, and on every change: a daily record can be a day old. */
export function isRecorded({ recordingGroup, recordingMode }: ConfigurationRecorder, type: string): boolean {
  const override = recordingMode?.recordingModeOverrides?.find(
    ({ resourceTypes }) => resourceTypes?.includes(type as ResourceType) === true,
  );
  const frequency = override?.recordingFrequency ?? recordingMode?.recordingFrequency ?? "CONTINUOUS";
  if (frequency !== "CONTINUOUS") return false;
  if (recordingGroup === undefined || recordingGroup.allSupported === true) return true;
  const excluded = recordingGroup.exclusionByResourceTypes?.resourceTypes ?? [];
  if (recordingGroup.recordingStrategy?.useOnly === "EXCLUSION_BY_RESOURCE_TYPES")
    return !excluded.includes(type as ResourceType);
  return recordingGroup.resourceTypes?.includes(type as ResourceType) === true;
}

const keysPerCall = 100;

async function usableById(
  client: ConfigServiceClient,
  type: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ConfigItem>> {
  const found = new Map<string, ConfigItem>();
  try {
    for (let start = 0; start < ids.length; start += keysPerCall) {
      for (const item of (await batch(client, type, ids.slice(start, start + keysPerCall))).items)
        found.set(item.id, item);
    }
  } catch {
    // What Config does not give, the service does.
  }
  return found;
}

async function allOf(client: ConfigServiceClient, type: string): Promise<readonly ConfigItem[] | null> {
  const items: ConfigItem[] = [];
  try {
    for await (const ids of inGroups(selectedIds(client, type), keysPerCall)) {
      const answer = await batch(client, type, ids);
      if (!answer.isWhole) return null;
      items.push(...answer.items);
    }
  } catch {
    return null;
  }
  return items.length === 0 ? null : items;
}

async function* selectedIds(client: ConfigServiceClient, type: string): AsyncGenerator<string> {
  if (!/^[A-Za-z0-9:]+$/.test(type)) throw new Error("not a resource type");
  const Expression = `SELECT resourceId WHERE resourceType = '${type}'`;
  const pages = paginateSelectResourceConfig({ client, pageSize: keysPerCall }, { Expression });
  for await (const result of itemsOf(pages, (page) => page.Results)) {
    const row: unknown = JSON.parse(result);
    const id = isObject(row) ? own(row, "resourceId") : undefined;
    if (typeof id !== "string") throw new Error("a result without resourceId");
    yield id;
  }
}

interface Batch {
  readonly items: readonly ConfigItem[];
  /** False when a key was not processed, or a record cannot be used. */
  readonly isWhole: boolean;
}

async function batch(client: ConfigServiceClient, type: string, ids: readonly string[]): Promise<Batch> {
  const resourceKeys = ids.map((resourceId) => ({ resourceType: type as ResourceType, resourceId }));
  const answer = await client.send(new BatchGetResourceConfigCommand({ resourceKeys }));
  const answered = answer.baseConfigurationItems ?? [];
  const living = answered.filter(
    ({ configurationItemStatus }) => !String(configurationItemStatus).startsWith("ResourceDeleted"),
  );
  const items = living.map(itemOf).filter((item) => item !== null);
  const gone = answered.length - living.length;
  return { items, isWhole: items.length + gone === ids.length };
}

const usableStatuses = ["OK", "ResourceDiscovered"];

export function itemOf(recorded: BaseConfigurationItem): ConfigItem | null {
  const {
    resourceId,
    configuration,
    supplementaryConfiguration,
    configurationItemStatus,
    configurationItemCaptureTime,
  } = recorded;
  const isUsable = usableStatuses.includes(String(configurationItemStatus));
  if (!isUsable || resourceId === undefined || !(configurationItemCaptureTime instanceof Date)) return null;
  const parsed = parsedJson(configuration);
  if (!isObject(parsed)) return null;
  const supplementary: { [key: string]: Json } = {};
  for (const [name, text] of Object.entries(supplementaryConfiguration ?? {}))
    setOwn(supplementary, name, parsedJson(text));
  return {
    id: resourceId,
    configuration: parsed,
    supplementary,
    capturedAt: configurationItemCaptureTime.toISOString(),
  };
}

/** Some parts of a record are JSON in a JSON string. */
function parsedJson(text: string | undefined): Json {
  try {
    const value = JSON.parse(text ?? "null") as Json;
    return typeof value === "string" && /^[{[]/.test(value) ? (JSON.parse(value) as Json) : value;
  } catch {
    return null;
  }
}

/** `ipPermissions` as the SDK names it: `IpPermissions`; the keys of tags and the like are not names and stay. */
export function upperCamel(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(upperCamel);
  if (!isObject(value)) return value;
  const result: { [key: string]: Json } = {};
  for (const [key, member] of Object.entries(value))
    setOwn(result, key.charAt(0).toUpperCase() + key.slice(1), upperCamel(member));
  return result;
}
