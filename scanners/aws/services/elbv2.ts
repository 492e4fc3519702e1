import {
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeListeners,
  paginateDescribeLoadBalancers,
  type Listener,
  type LoadBalancer,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { ScannedResource, ScanProblem } from "../../../src/inventory/scan-item.js";
import type { JsonObject } from "../../../src/json.js";
import { ec2Arn } from "../arn.js";
import { describeEach, Draft, Gone, tagPointers } from "../draft.js";
import { itemsOf, listOf } from "../paging.js";
import { present } from "../plain.js";
import { explain, isNamed, refused } from "../refusal.js";
import type { AwsContext, AwsService } from "../service.js";

const balancerType = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const listenerType = "AWS::ElasticLoadBalancingV2::Listener";

export const elbv2: AwsService = {
  service: "elasticloadbalancing",
  scope: "region",
  reads: [
    {
      types: [balancerType, listenerType],
      at: "elasticloadbalancing:DescribeLoadBalancers",
      read: loadBalancers,
      one: (context, id) => (id.includes(":listener/") ? listener(context, id) : balancer(context, id)),
    },
  ],
};

const gone = ["LoadBalancerNotFound", "LoadBalancerNotFoundException"];

async function* loadBalancers(context: AwsContext): AsyncGenerator<ScannedResource | ScanProblem> {
  const client = context.clients.of(ElasticLoadBalancingV2Client, context.region);
  const listed = itemsOf(paginateDescribeLoadBalancers({ client, pageSize: 100 }, {}), (page) => page.LoadBalancers);
  for await (const items of describeEach(context, listed, (balancer) => describeBalancer(context, client, balancer)))
    yield* items;
}

async function balancer(context: AwsContext, id: string): Promise<ScannedResource | ScanProblem | null> {
  const client = context.clients.of(ElasticLoadBalancingV2Client, context.region);
  const answer = await unlessGone(client.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [id] })));
  const [found] = listOf(answer.LoadBalancers);
  return found === undefined ? null : ((await describeBalancer(context, client, found))[0] ?? null);
}

async function listener(context: AwsContext, id: string): Promise<ScannedResource | null> {
  const client = context.clients.of(ElasticLoadBalancingV2Client, context.region);
  const answer = await unlessGone(client.send(new DescribeListenersCommand({ ListenerArns: [id] })));
  const [found] = listOf(answer.Listeners);
  return found === undefined ? null : listenerOf(context, found);
}

async function unlessGone<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw isNamed(error, [...gone, "ListenerNotFound", "ListenerNotFoundException"]) ? new Gone() : error;
  });
}

type Listeners = { readonly listed: readonly Listener[] } | { readonly refusal: unknown };

async function describeBalancer(
  context: AwsContext,
  client: ElasticLoadBalancingV2Client,
  balancer: LoadBalancer,
): Promise<(ScannedResource | ScanProblem)[]> {
  const draft = new Draft(context);
  draft.keep("DescribeLoadBalancers", balancer);
  const { LoadBalancerArn = "", LoadBalancerName = "" } = balancer;
  const attributes = await draft.ask("elasticloadbalancing:DescribeLoadBalancerAttributes", {
    pointers: ["/config/LoadBalancerAttributes"],
    call: () => client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn })),
    gone,
  });
  const tags = await draft.ask("elasticloadbalancing:DescribeTags", {
    pointers: tagPointers,
    call: () => client.send(new DescribeTagsCommand({ ResourceArns: [LoadBalancerArn] })),
    gone,
  });
  const listeners = await listenersOf(client, LoadBalancerArn);
  if ("refusal" in listeners)
    draft.fail(["/config/Listeners"], explain(listeners.refusal, "elasticloadbalancing:DescribeListeners"));
  refer(context, draft, balancer);
  const config = {
    ...balancerSettings(balancer),
    LoadBalancerAttributes: attributes?.Attributes,
    Listeners: "listed" in listeners ? listeners.listed.map(listenerSettings) : undefined,
  };
  const identity = { id: LoadBalancerArn, type: balancerType, name: LoadBalancerName, region: context.region };
  const owner = draft.done(identity, config, tags?.TagDescriptions?.[0]?.Tags ?? []);
  return [owner, ...listenerItems(context, listeners)];
}

async function listenersOf(client: ElasticLoadBalancingV2Client, LoadBalancerArn: string): Promise<Listeners> {
  const listed: Listener[] = [];
  try {
    const pages = paginateDescribeListeners({ client, pageSize: 100 }, { LoadBalancerArn });
    for await (const listener of itemsOf(pages, (page) => page.Listeners)) listed.push(listener);
    return { listed };
  } catch (refusal) {
    if (isNamed(refusal, gone)) throw new Gone();
    return { refusal };
  }
}

function balancerSettings(balancer: LoadBalancer): JsonObject {
  const { LoadBalancerName, Scheme, Type, IpAddressType, SecurityGroups, AvailabilityZones } = balancer;
  return present({
    Name: LoadBalancerName,
    Scheme,
    Type,
    IpAddressType,
    SecurityGroups,
    Subnets: AvailabilityZones?.flatMap(({ SubnetId }) => SubnetId ?? []),
  });
}

function refer(
  context: AwsContext,
  draft: Draft,
  { SecurityGroups = [], AvailabilityZones = [], VpcId }: LoadBalancer,
): void {
  draft.refer(...SecurityGroups.map((group) => ec2Arn(context, "security-group", group)));
  draft.refer(...AvailabilityZones.map(({ SubnetId }) => SubnetId && ec2Arn(context, "subnet", SubnetId)));
  draft.refer(VpcId && ec2Arn(context, "vpc", VpcId));
}

/** Listeners are resources too. When they could not be listed, none of this load balancer's was seen. */
function listenerItems(context: AwsContext, listeners: Listeners): (ScannedResource | ScanProblem)[] {
  if ("listed" in listeners) return listeners.listed.map((listener) => listenerOf(context, listener));
  const unseen = {
    at: "elasticloadbalancing:DescribeListeners",
    hides: [listenerType],
    account: context.account,
    region: context.region,
  };
  return [refused(listeners.refusal, unseen)];
}

function listenerSettings({
  Port,
  Protocol,
  SslPolicy,
  AlpnPolicy,
  Certificates,
  DefaultActions,
  MutualAuthentication,
}: Listener): JsonObject {
  return present({
    Port,
    Protocol,
    SslPolicy,
    AlpnPolicy,
    Certificates: Certificates?.map(({ CertificateArn }) => present({ CertificateArn })),
    DefaultActions: DefaultActions ?? [],
    MutualAuthentication,
  });
}

function listenerOf(context: AwsContext, listener: Listener): ScannedResource {
  const draft = new Draft(context);
  draft.keep("DescribeListeners", listener);
  const { ListenerArn = "", LoadBalancerArn, Port, Certificates = [] } = listener;
  draft.refer(LoadBalancerArn, ...Certificates.map(({ CertificateArn }) => CertificateArn));
  const identity = {
    id: ListenerArn,
    type: listenerType,
    name: Port === undefined ? null : String(Port),
    region: context.region,
  };
  return draft.done(identity, { LoadBalancerArn, ...listenerSettings(listener) });
}
