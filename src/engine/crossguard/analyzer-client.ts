// Pulumi's protocol for policy packs, as plain data. Nothing outside this folder knows gRPC; nothing outside this file knows
// its generated classes.
import { createRequire } from "node:module";
import type * as grpcModule from "@grpc/grpc-js";
import type * as messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import type * as structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { JsonObject } from "../../json.js";
import type { PulumiResource } from "./pulumi-resource.js";

export const enforcementLevels = ["advisory", "mandatory", "disabled", "remediate"] as const;
export type EnforcementLevel = (typeof enforcementLevels)[number];

export interface PackInfo {
  readonly name: string;
  readonly version: string;
  readonly displayName: string;
  readonly description: string;
  readonly policies: readonly PolicyInfo[];
  readonly initialConfig: PackConfiguration;
}

export interface PolicyInfo {
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly enforcementLevel: EnforcementLevel;
  readonly kind: "resource" | "stack";
  readonly severity: "low" | "medium" | "high" | "critical" | null;
  readonly framework: string | null;
  readonly tags: readonly string[];
  readonly remediationSteps: string;
  readonly url: string;
  /** Null when the policy takes no configuration. */
  readonly configSchema: ConfigSchema | null;
}

export interface ConfigSchema {
  /** JSON Schema by name. */
  readonly properties: JsonObject;
  readonly required: readonly string[];
}

/** By the name of the policy; `all` is for every policy. */
export type PackConfiguration = ReadonlyMap<string, PolicyConfiguration>;

export interface PolicyConfiguration {
  readonly enforcementLevel: EnforcementLevel | null;
  readonly properties: JsonObject;
}

export interface Diagnostic {
  readonly policy: string;
  readonly pack: string;
  readonly message: string;
  readonly enforcementLevel: EnforcementLevel;
  readonly urn: string;
}

export interface Answer {
  readonly diagnostics: readonly Diagnostic[];
  readonly notApplicable: readonly { readonly policy: string; readonly reason: string }[];
}

export interface PackRemediation {
  readonly policy: string;
  readonly pack: string;
  /** The resource's properties as the policy would have them; null when it could not say, with the reason. */
  readonly properties: JsonObject | null;
  /** Each policy is shown what those before it made of the properties; null for the first, which sees them as they are. */
  readonly before: JsonObject | null;
  readonly diagnostic: string;
}

/** A resource in a stack: with what only stack policies see. */
export interface StackResource {
  readonly resource: PulumiResource;
  /** URNs. */
  readonly dependencies: readonly string[];
  readonly propertyDependencies: ReadonlyMap<string, readonly string[]>;
}

/** Each method rejects with the server's message; `timeout` is in milliseconds. */
export interface AnalyzerClient {
  handshake(folder: string, timeout: number): Promise<void>;
  info(timeout: number): Promise<PackInfo>;
  configureStack(timeout: number): Promise<void>;
  configure(configuration: PackConfiguration, timeout: number): Promise<void>;
  analyze(resource: PulumiResource, timeout: number): Promise<Answer>;
  analyzeStack(resources: readonly StackResource[], timeout: number): Promise<Answer>;
  remediate(resource: PulumiResource, timeout: number): Promise<readonly PackRemediation[]>;
  close(): void;
}

/** As the Pulumi engine has it. */
const maximumMessage = 400 * 1024 * 1024;
const require = createRequire(import.meta.url);

/** `address` as gRPC names it. The packages are loaded here, so that who uses no pack does not wait for them. */
export function connect(address: string): AnalyzerClient {
  const grpc = require("@grpc/grpc-js") as typeof grpcModule;
  const pb = require("@pulumi/pulumi/proto/analyzer_pb") as typeof messages;
  const { AnalyzerClient: Client } = require("@pulumi/pulumi/proto/analyzer_grpc_pb") as {
    AnalyzerClient: ClientClass;
  };
  const { Empty } = require("google-protobuf/google/protobuf/empty_pb") as { Empty: new () => object };
  const client = new Client(address, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": maximumMessage,
    "grpc.max_send_message_length": maximumMessage,
    "grpc.enable_http_proxy": 0,
  });

  const call = caller(client, grpc);

  return {
    async handshake(folder, timeout) {
      const request = new pb.AnalyzerHandshakeRequest();
      request.setEngineAddress("");
      request.setRootDirectory(folder);
      request.setProgramDirectory(folder);
      await optional(call("handshake", request, timeout));
    },
    async info(timeout) {
      return packInfo(await call<messages.AnalyzerInfo>("getAnalyzerInfo", new Empty(), timeout), pb);
    },
    async configureStack(timeout) {
      const request = new pb.AnalyzerStackConfigureRequest();
      request.setStack("inventory");
      request.setProject("portcullis");
      request.setDryRun(true);
      await optional(call("configureStack", request, timeout));
    },
    async configure(configuration, timeout) {
      const request = new pb.ConfigureAnalyzerRequest();
      for (const [name, { enforcementLevel, properties }] of configuration) {
        const config = new pb.PolicyConfig();
        config.setEnforcementlevel(levelNumber(enforcementLevel ?? "advisory", pb));
        config.setProperties(struct(properties));
        request.getPolicyconfigMap().set(name, config);
      }
      await call("configure", request, timeout);
    },
    async analyze(resource, timeout) {
      return answer(await call<messages.AnalyzeResponse>("analyze", analyzeRequest(resource, pb), timeout));
    },
    async analyzeStack(resources, timeout) {
      const request = new pb.AnalyzeStackRequest();
      request.setResourcesList(resources.map((one) => stackResource(one, pb)));
      return answer(await call<messages.AnalyzeResponse>("analyzeStack", request, timeout));
    },
    async remediate(resource, timeout) {
      const request = analyzeRequest(resource, pb);
      const response = await call<messages.RemediateResponse>("remediate", request, timeout);
      let last: JsonObject | null = null;
      return response.getRemediationsList().map((one) => {
        const before = last;
        const properties = one.getProperties() === undefined ? null : plain(one.getProperties());
        last = properties ?? last;
        const [policy, pack, diagnostic] = [one.getPolicyname(), one.getPolicypackname(), one.getDiagnostic()];
        return { policy, pack, properties, before, diagnostic };
      });
    },
    close() {
      client.close();
    },
  };
}

type Call = <Response>(method: string, request: object, timeout: number) => Promise<Response>;
type Client = InstanceType<ClientClass>;

function caller(client: Client, grpc: typeof grpcModule): Call {
  return (method, request, timeout) =>
    new Promise((resolve, reject) => {
      const send = client[method] as Method;
      send.call(client, request, { deadline: Date.now() + timeout }, (error, response) => {
        if (error === null) resolve(response as never);
        else reject(new CallError(error.details, error.code, error.code === grpc.status.DEADLINE_EXCEEDED));
      });
    });
}

/** Waits for a call that a pack need not understand. */
async function optional(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof CallError && error.code === unimplemented)) throw error;
  }
}

/** gRPC's code for a method that a pack does not have. */
const unimplemented = 12;

type Callback = (error: grpcModule.ServiceError | null, response: unknown) => void;
type Method = (request: object, options: { deadline: number }, callback: Callback) => unknown;
type ClientClass = new (
  address: string,
  credentials: grpcModule.ChannelCredentials,
  options: object,
) => { close(): void } & Readonly<Record<string, Method | undefined>>;

/** What a call came to that gave no answer. `code` is gRPC's. */
export class CallError extends Error {
  readonly code: number;
  /** No answer within the time. */
  readonly isLate: boolean;
  constructor(message: string, code: number, isLate: boolean) {
    super(message);
    this.code = code;
    this.isLate = isLate;
  }
}

function analyzeRequest(resource: PulumiResource, pb: typeof messages): messages.AnalyzeRequest {
  const request = new pb.AnalyzeRequest();
  request.setType(resource.type);
  request.setUrn(resource.urn);
  request.setName(resource.name);
  request.setProperties(struct(resource.properties));
  request.setOptions(options(resource, pb));
  return request;
}

function stackResource(
  { resource, dependencies, propertyDependencies }: StackResource,
  pb: typeof messages,
): messages.AnalyzerResource {
  const one = new pb.AnalyzerResource();
  one.setType(resource.type);
  one.setUrn(resource.urn);
  one.setName(resource.name);
  one.setProperties(struct(resource.properties));
  one.setOptions(options(resource, pb));
  one.setParent(resource.parent ?? "");
  one.setDependenciesList([...dependencies]);
  for (const [name, urns] of propertyDependencies) {
    const list = new pb.AnalyzerPropertyDependencies();
    list.setUrnsList([...urns]);
    one.getPropertydependenciesMap().set(name, list);
  }
  return one;
}

/** Empty, but there: without them the policy SDK takes us for an old version of Pulumi. */
function options({ parent }: PulumiResource, pb: typeof messages): messages.AnalyzerResourceOptions {
  const set = new pb.AnalyzerResourceOptions();
  set.setParent(parent ?? "");
  set.setCustomtimeouts(new pb.AnalyzerResourceOptions.CustomTimeouts());
  return set;
}

function struct(value: JsonObject): structs.Struct {
  const { Struct } = require("google-protobuf/google/protobuf/struct_pb") as typeof structs;
  return Struct.fromJavaScript(value);
}

function plain(value: structs.Struct | undefined): JsonObject {
  return value?.toJavaScript() ?? {};
}

function answer(response: messages.AnalyzeResponse): Answer {
  return {
    diagnostics: response.getDiagnosticsList().map((one) => ({
      policy: one.getPolicyname(),
      pack: one.getPolicypackname(),
      message: one.getMessage(),
      enforcementLevel: levelOf(one.getEnforcementlevel()) ?? "mandatory",
      urn: one.getUrn(),
    })),
    notApplicable: response.getNotApplicableList().map((one) => ({
      policy: one.getPolicyName(),
      reason: one.getReason(),
    })),
  };
}

function levelNumber(
  level: EnforcementLevel,
  { EnforcementLevel: number }: typeof messages,
): messages.EnforcementLevel {
  switch (level) {
    case "advisory":
      return number.ADVISORY;
    case "mandatory":
      return number.MANDATORY;
    case "disabled":
      return number.DISABLED;
    case "remediate":
      return number.REMEDIATE;
  }
}

/** Null for a number that is none: a pack can send any. */
function levelOf(level: number): EnforcementLevel | null {
  return (enforcementLevels as readonly (EnforcementLevel | undefined)[])[level] ?? null;
}

const severityNames: readonly (PolicyInfo["severity"] | undefined)[] = [null, "low", "medium", "high", "critical"];

function packInfo(info: messages.AnalyzerInfo, pb: typeof messages): PackInfo {
  const initial = [...info.getInitialconfigMap().entries()] as [string, messages.PolicyConfig][];
  return {
    name: info.getName(),
    version: info.getVersion(),
    displayName: info.getDisplayname(),
    description: info.getDescription(),
    policies: info.getPoliciesList().map((policy) => policyInfo(policy, pb)),
    initialConfig: new Map(
      initial.map(([name, config]) => [
        name,
        {
          enforcementLevel: levelOf(config.getEnforcementlevel()),
          properties: plain(config.getProperties()),
        },
      ]),
    ),
  };
}

function policyInfo(policy: messages.PolicyInfo, pb: typeof messages): PolicyInfo {
  const schema = policy.getConfigschema();
  return {
    name: policy.getName(),
    displayName: policy.getDisplayname(),
    description: policy.getDescription(),
    enforcementLevel: levelOf(policy.getEnforcementlevel()) ?? "mandatory",
    kind: policy.getPolicyType() === pb.PolicyType.POLICY_TYPE_STACK ? "stack" : "resource",
    severity: severityNames[policy.getSeverity()] ?? null,
    framework: policy.getFramework()?.getName() ?? null,
    tags: policy.getTagsList(),
    remediationSteps: policy.getRemediationSteps(),
    url: policy.getUrl(),
    configSchema:
      schema === undefined ? null : { properties: plain(schema.getProperties()), required: schema.getRequiredList() },
  };
}
