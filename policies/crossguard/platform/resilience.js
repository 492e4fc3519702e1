"use strict";
const { changed, Directory, few, listOf, nameOf, ofType } = require("./lib/resources.js");

const subnetTypes = ["aws:ec2/subnet:Subnet", "aws:ec2/defaultSubnet:DefaultSubnet"];

/** What stands in several subnets, and the property that says in which. */
const spreads = {
  "aws:lb/loadBalancer:LoadBalancer": "subnets",
  "aws:autoscaling/group:Group": "vpcZoneIdentifiers",
  "aws:rds/subnetGroup:SubnetGroup": "subnetIds",
  "aws:elasticache/subnetGroup:SubnetGroup": "subnetIds",
  "aws:eks/nodeGroup:NodeGroup": "subnetIds",
};

const spreadOverZones = {
  name: "spread-over-zones",
  description: "What must not fall with one zone stands in several.",
  severity: "high",
  configSchema: {
    properties: { zones: { type: "integer", minimum: 2, maximum: 6, default: 2, description: "How many zones." } },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const spread = resources.filter(({ type }) => Object.hasOwn(spreads, type));
    if (spread.length === 0) notApplicable("nothing here stands in several subnets");
    const directory = new Directory(resources);
    const { zones } = getConfig();
    for (const resource of spread) {
      const subnets = directory.targets(resource, spreads[resource.type], subnetTypes);
      // Subnets that are elsewhere say nothing of their zones.
      const isWhole = subnets.length > 0 && subnets.length >= listedIn(resource);
      const found = new Set(subnets.map((subnet) => subnet.props.availabilityZone ?? subnet.props.availabilityZoneId));
      if (isWhole && !found.has(undefined) && found.size < zones) {
        report(`stands in ${few([...found])} alone; expected ${zones} zones`, resource.urn);
      }
    }
  },
};

function listedIn(resource) {
  const property = spreads[resource.type];
  if (listOf(resource.propertyDependencies?.[property]).length > 0) return 0;
  return listOf(resource.props[property]).length;
}

/** Whether a resource falls with its zone; undefined where that is no question. */
const fallsWithZone = {
  "aws:rds/instance:Instance": ({ multiAz }) => multiAz !== true,
  "aws:elasticache/replicationGroup:ReplicationGroup": ({ multiAzEnabled }) => multiAzEnabled !== true,
  "aws:ec2/natGateway:NatGateway": () => true,
  "aws:ec2/instance:Instance": () => true,
};

const singlePoint = {
  name: "no-single-point-of-failure",
  description: "What many others depend on does not fall with one zone.",
  severity: "high",
  configSchema: {
    properties: {
      dependents: {
        type: "integer",
        minimum: 1,
        default: 5,
        description: "How many others may depend on it, directly or not.",
      },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const critical = resources.filter(({ type }) => Object.hasOwn(fallsWithZone, type));
    if (critical.length === 0) notApplicable("nothing here stands in one zone");
    const dependents = dependentsOf(resources);
    const most = getConfig().dependents;
    for (const resource of critical) {
      const names = reaching(resource, dependents, most);
      if (names.length > most && fallsWithZone[resource.type](resource.props)) {
        report(`falls with its zone, and ${few(names, 3)} depend on it`, resource.urn);
      }
    }
  },
};

function dependentsOf(resources) {
  const dependents = new Map();
  for (const resource of resources) {
    for (const target of listOf(resource.dependencies)) {
      if (!dependents.has(target.urn)) dependents.set(target.urn, []);
      dependents.get(target.urn).push(resource);
    }
  }
  return dependents;
}

/** Up to a few more than `most` of those that depend on a resource, by way of others too. */
function reaching(resource, dependents, most) {
  const seen = new Set([resource.urn]);
  const queue = [resource.urn];
  const names = [];
  for (let next = 0; next < queue.length && names.length <= most + 3; next++) {
    for (const one of dependents.get(queue[next]) ?? []) {
      if (seen.has(one.urn)) continue;
      seen.add(one.urn);
      queue.push(one.urn);
      names.push(nameOf(one));
    }
  }
  return names;
}

const keptDays = {
  "aws:rds/instance:Instance": "backupRetentionPeriod",
  "aws:rds/cluster:Cluster": "backupRetentionPeriod",
  "aws:docdb/cluster:Cluster": "backupRetentionPeriod",
  "aws:neptune/cluster:Cluster": "backupRetentionPeriod",
  "aws:redshift/cluster:Cluster": "automatedSnapshotRetentionPeriod",
  "aws:elasticache/replicationGroup:ReplicationGroup": "snapshotRetentionLimit",
};

const backupsKept = {
  name: "backups-kept",
  description: "Backups are kept long enough to find out that something went wrong.",
  severity: "high",
  enforcementLevel: "remediate",
  configSchema: {
    properties: {
      days: { type: "integer", minimum: 1, maximum: 35, default: 7, description: "Days that a backup is kept." },
    },
  },
  validateResource: ({ type, props, getConfig, notApplicable }, report) => {
    const property = Object.hasOwn(keptDays, type) ? keptDays[type] : undefined;
    if (property === undefined) return notApplicable("has no backups");
    const kept = props[property] ?? 0;
    if (kept < getConfig().days) report(`backups are kept for ${kept} days, not ${getConfig().days}`);
  },
  remediateResource: ({ type, props, getConfig }) => {
    const property = Object.hasOwn(keptDays, type) ? keptDays[type] : undefined;
    const { days } = getConfig();
    if (property === undefined || (props[property] ?? 0) >= days) return undefined;
    return changed(props, property, days);
  },
};

const protections = {
  "aws:rds/instance:Instance": "deletionProtection",
  "aws:rds/cluster:Cluster": "deletionProtection",
  "aws:dynamodb/table:Table": "deletionProtectionEnabled",
  "aws:lb/loadBalancer:LoadBalancer": "enableDeletionProtection",
  "aws:cognito/userPool:UserPool": "deletionProtection",
};

const protectedFromDeletion = {
  name: "critical-resources-protected",
  description: "What is tagged as critical cannot be deleted by a slip.",
  severity: "high",
  enforcementLevel: "remediate",
  configSchema: {
    properties: {
      tag: { type: "string", default: "Tier", description: "The tag that says what is critical." },
      values: { type: "array", items: { type: "string" }, default: ["critical"] },
    },
  },
  validateResource: (args, report) => {
    const property = protectionOf(args);
    if (property === undefined) return args.notApplicable("is not critical, or cannot be protected");
    if (args.props[property] !== protectedValue(args.type)) report(`${property} is not ${protectedValue(args.type)}`);
  },
  remediateResource: (args) => {
    const property = protectionOf(args);
    if (property === undefined || args.props[property] === protectedValue(args.type)) return undefined;
    return changed(args.props, property, protectedValue(args.type));
  },
};

function protectionOf({ type, props, getConfig }) {
  if (!Object.hasOwn(protections, type)) return undefined;
  const { tag, values } = getConfig();
  const tags = props.tags ?? {};
  return Object.hasOwn(tags, tag) && values.includes(tags[tag]) ? protections[type] : undefined;
}

function protectedValue(type) {
  return type === "aws:cognito/userPool:UserPool" ? "ACTIVE" : true;
}

const healthChecked = {
  name: "groups-check-their-targets",
  description: "A group of instances behind a load balancer replaces those that the balancer finds ill.",
  severity: "medium",
  validateStack: ({ resources, notApplicable }, report) => {
    const groups = ofType(resources, "aws:autoscaling/group:Group");
    if (groups.length === 0) notApplicable("there are no Auto Scaling groups");
    for (const group of groups) {
      const isBehind =
        listOf(group.propertyDependencies?.targetGroupArns).length > 0 ||
        listOf(group.props.targetGroupArns).length > 0;
      if (isBehind && group.props.healthCheckType !== "ELB") report("healthCheckType is not ELB", group.urn);
    }
  },
};

module.exports = {
  resilience: [spreadOverZones, singlePoint, backupsKept, protectedFromDeletion, healthChecked],
};
