"use strict";
const { changed, few, listOf, nameOf } = require("./lib/resources.js");
const prices = require("./prices.json");

/** Sizes above large, as multiples of it: list prices are in proportion within a family. */
const multiples = new Map([
  ["large", 1],
  ["xlarge", 2],
  ...[2, 3, 4, 6, 8, 9, 10, 12, 16, 18, 24, 32, 48].map((times) => [`${times}xlarge`, 2 * times]),
]);

/** Dollars an hour, or undefined where the table has no price. */
function hourly(table, type) {
  if (typeof type !== "string") return undefined;
  if (Object.hasOwn(table, type)) return table[type];
  const at = type.lastIndexOf(".");
  const large = `${type.slice(0, at)}.large`;
  const times = multiples.get(type.slice(at + 1));
  return times !== undefined && Object.hasOwn(table, large) ? table[large] * times : undefined;
}

function storage(table, type, gigabytes) {
  const price = Object.hasOwn(table, type) ? table[type] : undefined;
  return price === undefined || typeof gigabytes !== "number" ? undefined : price * gigabytes;
}

const month = prices.hoursPerMonth;

/** Dollars a month by type of resource; undefined where something has no price here. */
const estimates = {
  "aws:ec2/instance:Instance": ({ instanceType }) => times(month, hourly(prices.instanceHour, instanceType)),
  "aws:ebs/volume:Volume": ({ type, size }) => storage(prices.volumeGigabyteMonth, type ?? "gp2", size),
  "aws:rds/instance:Instance": ({ instanceClass, multiAz, storageType, allocatedStorage }) => {
    const server = times(month, hourly(prices.databaseHour, instanceClass));
    const disk = storage(prices.databaseGigabyteMonth, storageType ?? "gp2", allocatedStorage);
    return server === undefined || disk === undefined ? undefined : (server + disk) * (multiAz === true ? 2 : 1);
  },
  "aws:rds/clusterInstance:ClusterInstance": ({ instanceClass }) =>
    times(month, hourly(prices.databaseHour, instanceClass)),
  "aws:ec2/natGateway:NatGateway": () => month * prices.natGatewayHour,
  "aws:lb/loadBalancer:LoadBalancer": () => month * prices.loadBalancerHour,
};

function times(count, price) {
  return price === undefined ? undefined : count * price;
}

function dollars(amount) {
  return `$${Math.round(amount).toLocaleString("en-US")}`;
}

const resourceBudget = {
  name: "resource-budget",
  description: "No single resource costs more a month than is agreed (estimated from list prices).",
  severity: "medium",
  configSchema: {
    properties: {
      maximum: { type: "number", minimum: 0, default: 5000, description: "US dollars a month." },
    },
  },
  validateResource: ({ type, props, getConfig, notApplicable }, report) => {
    if (!Object.hasOwn(estimates, type)) return notApplicable("there is no estimate for its type");
    const cost = estimates[type](props);
    if (cost === undefined) return notApplicable("the price table does not have it");
    const { maximum } = getConfig();
    if (cost > maximum) report(`costs about ${dollars(cost)} a month, more than ${dollars(maximum)}`);
  },
};

const stackBudget = {
  name: "stack-budget",
  description: "All resources together cost no more a month than is agreed (estimated from list prices).",
  severity: "medium",
  configSchema: {
    properties: {
      maximum: { type: "number", minimum: 0, default: 50_000, description: "US dollars a month." },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const priced = resources.filter(({ type }) => Object.hasOwn(estimates, type));
    if (priced.length === 0) notApplicable("nothing has a price here");
    const unpriced = [];
    let total = 0;
    for (const resource of priced) {
      const cost = estimates[resource.type](resource.props);
      if (cost === undefined) unpriced.push(nameOf(resource));
      else total += cost;
    }
    const { maximum } = getConfig();
    const without = unpriced.length === 0 ? "" : `, and ${few(unpriced, 3)} without a price besides`;
    if (total > maximum)
      report(`the resources cost about ${dollars(total)} a month${without}; agreed are ${dollars(maximum)}`);
  },
};

/** What replaces the types of earlier generations: the same size, cheaper and faster. */
const successors = new Map(
  Object.entries({
    t1: "t3",
    t2: "t3",
    m1: "m5",
    m3: "m5",
    m4: "m5",
    c1: "c5",
    c3: "c5",
    c4: "c5",
    r3: "r5",
    r4: "r5",
    i2: "i3",
  }),
);

function newerInstance(type) {
  const match = typeof type === "string" ? /^(db\.|cache\.)?([a-z]\d)\.(\w+)$/.exec(type) : null;
  const family = match === null ? undefined : successors.get(match[2]);
  return family === undefined ? undefined : `${match[1] ?? ""}${family}.${match[3]}`;
}

const instanceProperties = {
  "aws:ec2/instance:Instance": "instanceType",
  "aws:ec2/launchTemplate:LaunchTemplate": "instanceType",
  "aws:rds/instance:Instance": "instanceClass",
  "aws:rds/clusterInstance:ClusterInstance": "instanceClass",
  "aws:elasticache/cluster:Cluster": "nodeType",
  "aws:elasticache/replicationGroup:ReplicationGroup": "nodeType",
};

const currentGeneration = {
  name: "current-generation",
  description: "Instances are of a current generation, which costs less for the same work.",
  severity: "low",
  enforcementLevel: "advisory",
  validateResource: ({ type, props, notApplicable }, report) => {
    const property = Object.hasOwn(instanceProperties, type) ? instanceProperties[type] : undefined;
    if (property === undefined) return notApplicable("not an instance");
    const newer = newerInstance(props[property]);
    if (newer !== undefined) report(`${props[property]} is of an earlier generation; ${newer} follows it`);
  },
  remediateResource: ({ type, props }) => {
    const property = Object.hasOwn(instanceProperties, type) ? instanceProperties[type] : undefined;
    const newer = property === undefined ? undefined : newerInstance(props[property]);
    return newer === undefined ? undefined : changed(props, property, newer);
  },
};

const volumeGeneration = {
  name: "volume-generation",
  description: "Volumes are gp3, a fifth cheaper than gp2 and faster.",
  severity: "low",
  enforcementLevel: "remediate",
  validateResource: ({ type, props, notApplicable }, report) => {
    if (type !== "aws:ebs/volume:Volume") return notApplicable("not a volume");
    if (props.type === "gp2") report("the volume is gp2");
  },
  remediateResource: ({ type, props }) => {
    if (type !== "aws:ebs/volume:Volume" || props.type !== "gp2") return undefined;
    return changed(props, "type", "gp3");
  },
};

const gatewayPerZone = {
  name: "one-nat-gateway-per-subnet",
  description: "No two NAT gateways stand in one subnet: the second one costs as much and helps nothing.",
  severity: "low",
  enforcementLevel: "advisory",
  validateStack: ({ resources, notApplicable }, report) => {
    const gateways = resources.filter(({ type }) => type === "aws:ec2/natGateway:NatGateway");
    if (gateways.length === 0) notApplicable("there are no NAT gateways");
    const bySubnet = new Map();
    for (const gateway of gateways) {
      const [depended] = listOf(gateway.propertyDependencies?.subnetId);
      const subnet = depended === undefined ? gateway.props.subnetId : depended.urn;
      if (typeof subnet !== "string") continue;
      if (bySubnet.has(subnet)) report(`stands in the subnet of ${nameOf(bySubnet.get(subnet))}`, gateway.urn);
      else bySubnet.set(subnet, gateway);
    }
  },
};

module.exports = {
  cost: [resourceBudget, stackBudget, currentGeneration, volumeGeneration, gatewayPerZone],
  estimates,
  newerInstance,
};
