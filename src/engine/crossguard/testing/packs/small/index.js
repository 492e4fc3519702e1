"use strict";
const { PolicyPack } = require("@pulumi/policy");
const bucket = "aws:s3/bucket:Bucket";
new PolicyPack("small", {
  enforcementLevel: "mandatory",
  policies: [
    {
      name: "encrypted",
      description: "Buckets are encrypted.",
      severity: "critical",
      validateResource: (args, report) => {
        if (args.type !== bucket) return;
        if (args.props.serverSideEncryptionConfiguration === undefined) report("the bucket is not encrypted");
      },
    },
    {
      name: "named",
      description: "Names begin with the prefix.",
      configSchema: { properties: { prefix: { type: "string", default: "team-" } } },
      validateResource: (args, report) => {
        if (!args.name.startsWith(args.getConfig().prefix)) report(`the name ${args.name} does not begin with it`);
      },
    },
    {
      name: "careless",
      description: "Catches what it should not.",
      enforcementLevel: "advisory",
      validateResource: (args, report) => {
        try {
          if (args.props.acl === "public-read") report("the bucket is public");
        } catch {
          // an unknown value, taken for one that is well
        }
      },
    },
    {
      name: "tagged",
      description: "Buckets say whose they are.",
      enforcementLevel: "remediate",
      validateResource: (args, report) => {
        if (args.type !== bucket) return args.notApplicable("no bucket");
        if (args.props.tags?.owner === undefined) report("no tag owner");
      },
      remediateResource: (args) => {
        if (args.type !== bucket || args.props.tags?.owner !== undefined) return undefined;
        args.props.tags = { ...args.props.tags, owner: "platform" };
        return args.props;
      },
    },
    {
      name: "few",
      description: "There are few buckets.",
      configSchema: { properties: { most: { type: "number", default: 2 } } },
      validateStack: (args, report) => {
        const buckets = args.resources.filter((one) => one.type === bucket);
        const { most } = args.getConfig();
        if (buckets.length > most) report(`${buckets.length} buckets, more than ${most}`, buckets[most].urn);
      },
    },
  ],
});
