import { isObject, own, type Json, type JsonObject } from "../../../src/json.js";
import { child, isAbsent, isUnknown, items, referencesOf, textOf, type Argument } from "./argument.js";
import { placeOf, verbatim, type Node } from "./node.js";
import { read } from "./read.js";
import {
  custom,
  number,
  text,
  type CustomRead,
  type ReadContext,
  type Reader,
  type Satellite,
  type ServiceMapping,
} from "./shape.js";

/** IANA's numbers, as the API takes them, to the names that CloudFormation shows. */
const protocols = {
  all: "-1",
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
  TCP: "tcp",
  UDP: "udp",
  ICMP: "icmp",
};

interface Peers {
  /** Arguments that name the other side, one or many, and the property that each becomes. */
  readonly [argument: string]: string;
}

const listedPeers: Peers = {
  cidr_blocks: "CidrIp",
  ipv6_cidr_blocks: "CidrIpv6",
  prefix_list_ids: "PrefixListId",
  security_groups: "SecurityGroupId",
  source_security_group_id: "SecurityGroupId",
};
const singlePeers: Peers = {
  cidr_ipv4: "CidrIp",
  cidr_ipv6: "CidrIpv6",
  prefix_list_id: "PrefixListId",
  referenced_security_group_id: "SecurityGroupId",
};

type Direction = "ingress" | "egress";

/** The peers of egress rules are destinations, those of ingress rules are sources. */
function propertyOf(name: string, direction: Direction): string {
  return name.startsWith("Cidr") ? name : (direction === "ingress" ? "Source" : "Destination") + name;
}

interface RuleWords {
  readonly peers: Peers;
  readonly direction: Direction;
  readonly protocol: string;
}

/** One element for each peer of a rule: CloudFormation's rules have one peer each. */
function expand(rule: Argument, words: RuleWords, context: ReadContext): readonly Node[] | "unknown" {
  if (isUnknown(rule)) return "unknown";
  const elements: Node[] = [];
  for (const [argument, name] of Object.entries(words.peers)) {
    const peers = oneOrMany(child(rule, argument));
    if (peers === "unknown") return "unknown";
    for (const peer of peers) elements.push(elementOf(rule, words, [propertyOf(name, words.direction), peer], context));
  }
  const self = child(rule, "self");
  if (self.doubt !== undefined) return "unknown";
  if (self.value === true || self.value === "true") {
    const own: Node = { kind: "value", value: groupOf(rule), at: placeOf(self) };
    elements.push(elementOf(rule, words, [propertyOf("SecurityGroupId", words.direction), own], context));
  }
  return elements;
}

function oneOrMany(argument: Argument): readonly Node[] | "unknown" {
  if (isAbsent(argument) || argument.value === "") return [];
  if (typeof argument.value === "string") return [verbatim(argument) ?? { kind: "unknown", at: placeOf(argument) }];
  const lists = !argument.pointer.endsWith("_id") && !argument.pointer.includes("/cidr_ipv");
  if (isUnknown(argument)) return lists ? "unknown" : [{ kind: "unknown", at: placeOf(argument) }];
  const all = items(argument);
  return all === "unknown" ? all : all.map((each) => verbatim(each) ?? { kind: "unknown", at: placeOf(each) });
}

/** A rule that names its own group: the group's id where it is known, else its address, which is its id in code. */
function groupOf(rule: Argument): string {
  const root: Argument = { ...rule, pointer: "", value: rule.resource.values };
  const linked = textOf(child(root, "security_group_id"));
  if (linked !== undefined && linked !== "unknown") return linked.known;
  const id = textOf(child(root, "id"));
  const group = referencesOf({ ...root, pointer: "/security_group_id" })[0];
  return group ?? (id === undefined || id === "unknown" ? rule.resource.address : id.known);
}

function elementOf(rule: Argument, words: RuleWords, [property, peer]: [string, Node], context: ReadContext): Node {
  const fields = new Map<string, Node>();
  const add = (name: string, reader: Reader) => {
    const node = read(rule, reader, context);
    if (node !== undefined) fields.set(name, node);
  };
  add("IpProtocol", text(words.protocol, protocols));
  add("FromPort", number("from_port"));
  add("ToPort", number("to_port"));
  fields.set(property, peer);
  add("Description", text("description"));
  return { kind: "object", fields, at: placeOf(rule) };
}

const inline = (direction: Direction) =>
  custom(
    [direction],
    (root, context) => {
      const argument = child(root, direction);
      if (isAbsent(argument)) return undefined;
      const all = items(argument);
      const words: RuleWords = { peers: listedPeers, direction, protocol: "protocol" };
      const expanded = all === "unknown" ? ["unknown" as const] : all.map((rule) => expand(rule, words, context));
      return listNode(argument, expanded);
    },
    (rules) => ({ [direction]: elements(rules).map((rule) => inlineRule(rule, direction)) }),
  );

/** A rule in CloudFormation's words as a block of the group. */
function inlineRule(rule: JsonObject, direction: Direction): JsonObject {
  const peers = Object.entries(listedPeers).flatMap(([argument, name]) => {
    const peer = own(rule, propertyOf(name, direction));
    return peer === undefined || argument.endsWith("_id") ? [] : [[argument, [peer]] as const];
  });
  return { ...portsOf(rule), protocol: rule.IpProtocol ?? null, ...Object.fromEntries(peers) };
}

/** The same as a resource of its own, which has one peer. */
function separateRule(rule: JsonObject, direction: Direction): JsonObject {
  const peers = Object.entries(singlePeers).map(
    ([argument, name]) => [argument, own(rule, propertyOf(name, direction)) ?? null] as const,
  );
  return { ...portsOf(rule), ip_protocol: rule.IpProtocol ?? null, ...Object.fromEntries(peers) };
}

function portsOf({
  FromPort: from = null,
  ToPort: to = null,
  Description: description = null,
}: JsonObject): JsonObject {
  return { from_port: from, to_port: to, description };
}

function elements(list: Json): readonly JsonObject[] {
  return Array.isArray(list) ? (list as readonly Json[]).filter(isObject) : [];
}

function listNode(argument: Argument, expanded: readonly (readonly Node[] | "unknown")[]): Node | undefined {
  const at = placeOf(argument);
  const known = expanded.flatMap((each) => (each === "unknown" ? [] : each));
  if (expanded.includes("unknown")) return { kind: "unknown", at };
  return known.length === 0 ? undefined : { kind: "list", items: known, at };
}

const anyRule =
  (direction: Direction): CustomRead =>
  (root, context) => {
    const type = textOf(child(root, "type"));
    if (type === "unknown") return { kind: "unknown", at: placeOf(root) };
    if (type?.known !== direction) return undefined;
    return listNode(root, [expand(root, { peers: listedPeers, direction, protocol: "protocol" }, context)]);
  };

const separate = (direction: Direction): Satellite => ({
  terraform: [`aws_vpc_security_group_${direction}_rule`],
  owner: "AWS::EC2::SecurityGroup",
  links: ["security_group_id"],
  alone: true,
  merge: "append",
  properties: {
    [direction === "ingress" ? "SecurityGroupIngress" : "SecurityGroupEgress"]: custom(
      [...Object.keys(singlePeers), "ip_protocol", "from_port", "to_port", "description"],
      (root, context) =>
        listNode(root, [expand(root, { peers: singlePeers, direction, protocol: "ip_protocol" }, context)]),
      (rules) => elements(rules).map((rule) => separateRule(rule, direction))[0] ?? {},
    ),
  },
});

const groupProperties = {
  GroupDescription: text("description"),
  VpcId: text("vpc_id"),
  SecurityGroupIngress: inline("ingress"),
  SecurityGroupEgress: inline("egress"),
};

export const securityGroup: ServiceMapping = {
  types: [
    {
      terraform: ["aws_security_group"],
      type: "AWS::EC2::SecurityGroup",
      name: "name",
      identities: ["id", "arn"],
      properties: { GroupName: text("name"), ...groupProperties },
      // Computed when the rules are resources of their own, or when there are none.
      computedLegacy: ["ingress", "egress"],
    },
    {
      terraform: ["aws_default_security_group"],
      type: "AWS::EC2::SecurityGroup",
      identities: ["id", "arn"],
      properties: { GroupName: { kind: "constant", value: "default" }, ...groupProperties },
    },
  ],
  satellites: [
    {
      terraform: ["aws_security_group_rule"],
      owner: "AWS::EC2::SecurityGroup",
      links: ["security_group_id"],
      alone: true,
      merge: "append",
      // Computed, and empty, when the other side is given as CIDR blocks.
      computedLegacy: ["source_security_group_id"],
      properties: {
        SecurityGroupIngress: custom(["type", ...Object.keys(listedPeers)], anyRule("ingress")),
        SecurityGroupEgress: custom(["type", ...Object.keys(listedPeers)], anyRule("egress")),
      },
    },
    separate("ingress"),
    separate("egress"),
  ],
};
