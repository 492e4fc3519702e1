"use strict";
const { contains, countAddresses, overlap, parseBlock } = require("./lib/addresses.js");
const { Directory, few, listOf, nameOf, ofType } = require("./lib/resources.js");

const vpcTypes = ["aws:ec2/vpc:Vpc", "aws:ec2/defaultVpc:DefaultVpc"];
const subnetTypes = ["aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet"];
const groupTypes = ["aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"];

const subnetInVpc = {
  name: "subnet-in-vpc",
  description: "A subnet's addresses lie within its VPC's.",
  severity: "medium",
  validateStack: ({ resources, notApplicable }, report) => {
    const directory = new Directory(resources);
    const subnets = ofType(resources, ...subnetTypes);
    if (subnets.length === 0) notApplicable("there are no subnets");
    for (const subnet of subnets) {
      const block = parseBlock(subnet.props.cidrBlock);
      const [vpc] = block === undefined ? [] : directory.targets(subnet, "vpcId", vpcTypes);
      const outer = vpc === undefined ? undefined : parseBlock(vpc.props.cidrBlock);
      if (outer !== undefined && !contains(outer, block)) {
        report(`${subnet.props.cidrBlock} is not within ${vpc.props.cidrBlock} of the VPC ${nameOf(vpc)}`, subnet.urn);
      }
    }
  },
};

const vpcsApart = {
  name: "vpcs-do-not-overlap",
  description: "VPCs can be connected: their addresses do not overlap.",
  severity: "medium",
  configSchema: {
    properties: {
      allowed: {
        type: "array",
        items: { type: "string" },
        default: [],
        description: "Address blocks that several VPCs may use, for they are never connected.",
      },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const allowed = getConfig().allowed.flatMap((text) => parseBlock(text) ?? []);
    const vpcs = ofType(resources, ...vpcTypes);
    if (vpcs.length < 2) notApplicable("there are fewer than two VPCs");
    const known = vpcs
      .map((vpc) => ({ vpc, text: vpc.props.cidrBlock, block: parseBlock(vpc.props.cidrBlock) }))
      .filter(({ block }) => block !== undefined && !allowed.some((outer) => contains(outer, block)))
      .sort((a, b) => (a.block.first < b.block.first ? -1 : a.block.first > b.block.first ? 1 : 0));
    // In order of the first address, one that overlaps with any before it overlaps with the one that reaches furthest.
    let furthest;
    for (const one of known) {
      if (furthest !== undefined && overlap(furthest.block, one.block)) {
        report(`${one.text} overlaps with ${furthest.text} of the VPC ${nameOf(furthest.vpc)}`, one.vpc.urn);
      }
      const isSame = furthest !== undefined && furthest.block.version === one.block.version;
      if (!isSame || one.block.last > furthest.block.last) furthest = one;
    }
  },
};

const subnetCapacity = {
  name: "subnet-capacity",
  description: "A subnet has addresses enough to grow (AWS keeps five of each for itself).",
  severity: "low",
  enforcementLevel: "advisory",
  configSchema: {
    properties: {
      minimumAddresses: { type: "integer", minimum: 1, default: 16, description: "Usable addresses of a subnet." },
    },
  },
  validateResource: ({ type, props, getConfig, notApplicable }, report) => {
    if (!subnetTypes.includes(type)) return notApplicable("not a subnet");
    const block = parseBlock(props.cidrBlock);
    if (block === undefined || block.version !== 4) return;
    const usable = Number(block.last - block.first + 1n) - 5;
    const { minimumAddresses } = getConfig();
    if (usable < minimumAddresses)
      report(`${props.cidrBlock} has ${Math.max(0, usable)} usable addresses, not ${minimumAddresses}`);
  },
};

/** Remote administration and databases. */
const sensitivePorts = [22, 1433, 1521, 2375, 3306, 3389, 5432, 5985, 6379, 9042, 9092, 9200, 11211, 27017];

/** Rules of a group, or of a rule that is a resource of its own, in one form. */
function ingressRules({ type, props }) {
  if (groupTypes.includes(type)) {
    return listOf(props.ingress).map((rule) => ({
      protocol: rule.protocol,
      from: rule.fromPort,
      to: rule.toPort,
      blocks: [...listOf(rule.cidrBlocks), ...listOf(rule.ipv6CidrBlocks)],
      groups: listOf(rule.securityGroups),
    }));
  }
  if (type === "aws:ec2/securityGroupRule:SecurityGroupRule") {
    if (props.type !== "ingress") return [];
    const blocks = [...listOf(props.cidrBlocks), ...listOf(props.ipv6CidrBlocks)];
    const groups = listOf(props.sourceSecurityGroupId);
    return [{ protocol: props.protocol, from: props.fromPort, to: props.toPort, blocks, groups }];
  }
  if (type !== "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule") return [];
  const blocks = [...listOf(props.cidrIpv4), ...listOf(props.cidrIpv6)];
  const groups = listOf(props.referencedSecurityGroupId);
  return [{ protocol: props.ipProtocol, from: props.fromPort, to: props.toPort, blocks, groups }];
}

function opens({ protocol, from, to }, port) {
  if (String(protocol) === "-1" || protocol === "all") return true;
  if (!["tcp", "6"].includes(String(protocol).toLowerCase())) return false;
  return Number(from ?? port) <= port && port <= Number(to ?? port);
}

const ingressWidth = {
  name: "ingress-width",
  description: "Ports of administration and databases are open to few addresses, all rules of a group taken together.",
  severity: "high",
  configSchema: {
    properties: {
      ports: { type: "array", items: { type: "integer" }, default: sensitivePorts },
      maximumAddresses: {
        type: "integer",
        minimum: 0,
        default: 16_777_216,
        description: "Public IPv4 addresses that may reach a port; the default is one network of the widest class.",
      },
    },
  },
  validateResource: (resource, report) => {
    if (!groupTypes.includes(resource.type)) return resource.notApplicable("not a security group");
    const { ports, maximumAddresses } = resource.getConfig();
    const rules = ingressRules(resource);
    const wide = ports.filter((port) => widthAt(rules, port) > BigInt(maximumAddresses));
    if (wide.length > 0) {
      const addresses = widthAt(rules, wide[0]);
      report(
        `the rules together open ${wide.length === 1 ? "port" : "ports"} ${few(wide, 10)} to ${addresses} addresses`,
      );
    }
  },
};

/** IPv4 addresses that reach a port; a network of IPv6 (2^64) counts as one address, or the measure would mean nothing. */
function widthAt(rules, port) {
  const blocks = rules
    .filter((rule) => opens(rule, port))
    .flatMap(({ blocks: all }) => all.flatMap((text) => parseBlock(text) ?? []));
  const four = countAddresses(blocks.filter(({ version }) => version === 4));
  const six = countAddresses(blocks.filter(({ version }) => version === 6)) >> 64n;
  return four > six ? four : six;
}

const databaseTypes = {
  "aws:rds/instance:Instance": "vpcSecurityGroupIds",
  "aws:rds/cluster:Cluster": "vpcSecurityGroupIds",
  "aws:redshift/cluster:Cluster": "vpcSecurityGroupIds",
  "aws:elasticache/replicationGroup:ReplicationGroup": "securityGroupIds",
  "aws:elasticache/cluster:Cluster": "securityGroupIds",
  "aws:docdb/cluster:Cluster": "vpcSecurityGroupIds",
};

const databasesApart = {
  name: "databases-apart-from-internet",
  description: "Between the internet and a database stand other security groups.",
  severity: "critical",
  configSchema: {
    properties: {
      between: { type: "integer", minimum: 1, maximum: 10, default: 1, description: "How many groups stand between." },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const databases = resources.filter(({ type }) => Object.hasOwn(databaseTypes, type));
    if (databases.length === 0) notApplicable("there are no databases");
    const directory = new Directory(resources);
    const { steps, from } = stepsFromInternet(resources, directory);
    for (const database of databases) {
      for (const group of directory.targets(database, databaseTypes[database.type], groupTypes)) {
        const away = steps.get(group.urn);
        if (away === undefined || away > getConfig().between) continue;
        const path = pathTo(group.urn, from).map((urn) => urn.split("::").at(-1));
        report(`reachable from the internet by ${path.join(" → ")}`, database.urn);
      }
    }
  },
};

/** How many groups stand before each group on the shortest way from the internet, and where the way comes from. */
function stepsFromInternet(resources, directory) {
  const reaches = new Map();
  const steps = new Map();
  const from = new Map();
  for (const resource of resources) {
    const group = ownerOf(resource, directory);
    if (group === undefined) continue;
    for (const { blocks, groups } of ingressRules(resource)) {
      if (blocks.some(isInternet)) steps.set(group.urn, 0);
      for (const source of groups.flatMap((word) => directory.named(word, groupTypes))) {
        if (source.urn === group.urn) continue;
        if (!reaches.has(source.urn)) reaches.set(source.urn, new Set());
        reaches.get(source.urn).add(group.urn);
      }
    }
  }
  const queue = [...steps.keys()];
  for (let next = 0; next < queue.length; next++) {
    for (const urn of reaches.get(queue[next]) ?? []) {
      if (steps.has(urn)) continue;
      steps.set(urn, steps.get(queue[next]) + 1);
      from.set(urn, queue[next]);
      queue.push(urn);
    }
  }
  return { steps, from };
}

function ownerOf(resource, directory) {
  if (groupTypes.includes(resource.type)) return resource;
  const isRule = /^aws:(ec2|vpc)\/securityGroup(Ingress)?Rule:/.test(resource.type);
  return isRule ? directory.targets(resource, "securityGroupId", groupTypes)[0] : undefined;
}

function isInternet(text) {
  const block = parseBlock(text);
  if (block === undefined) return false;
  // Wider than anybody's own network.
  return block.version === 4 ? block.last - block.first >= 1n << 24n : block.last - block.first >= 1n << 96n;
}

function pathTo(urn, from) {
  const path = [urn];
  for (let at = from.get(urn); at !== undefined; at = from.get(at)) path.unshift(at);
  return path;
}

/** The properties that attach groups. */
const usualAttachments = ["vpcSecurityGroupIds", "securityGroups", "securityGroupIds", "vpcConfig"];
const attachments = { "aws:ec2/launchTemplate:LaunchTemplate": ["vpcSecurityGroupIds", "networkInterfaces"] };

const unusedGroups = {
  name: "no-unused-security-groups",
  description: "A security group that nothing uses is a rule that nobody watches.",
  severity: "low",
  enforcementLevel: "advisory",
  validateStack: ({ resources, notApplicable }, report) => {
    const groups = ofType(resources, "aws:ec2/securityGroup:SecurityGroup");
    if (groups.length === 0) notApplicable("there are no security groups");
    const directory = new Directory(resources);
    const used = new Set();
    for (const resource of resources) {
      if (ownerOf(resource, directory) !== undefined) continue;
      for (const property of attachments[resource.type] ?? usualAttachments) {
        for (const group of usedBy(resource, property, directory)) used.add(group.urn);
      }
    }
    for (const group of groups) if (!used.has(group.urn)) report("nothing uses the group", group.urn);
  },
};

function usedBy(resource, property, directory) {
  const depended = listOf(resource.propertyDependencies?.[property]);
  if (depended.length > 0) return depended;
  const value = resource.props[property];
  return listOf(value).flatMap((one) => {
    const words =
      typeof one === "object" && one !== null
        ? [...listOf(one.securityGroupIds), ...listOf(one.securityGroups)]
        : [one];
    return words.flatMap((word) => directory.named(word, groupTypes));
  });
}

module.exports = {
  network: [subnetInVpc, vpcsApart, subnetCapacity, ingressWidth, databasesApart, unusedGroups],
};
