"use strict";
// A policy pack of Pulumi's: `pulumi preview --policy-pack .` runs it too.
const { PolicyPack } = require("@pulumi/policy");

const kinds = new Set(["aws:ebs/volume:Volume", "aws:rds/instance:Instance", "aws:s3/bucket:Bucket"]);

new PolicyPack("acme", {
  policies: [
    {
      name: "owned",
      description: "What costs money says who pays for it.",
      severity: "medium",
      enforcementLevel: "remediate",
      configSchema: { properties: { owner: { type: "string", default: "platform" } } },
      validateResource: (args, reportViolation) => {
        if (!kinds.has(args.type)) return args.notApplicable("it is not asked for its owner");
        if (args.props.tags?.owner === undefined) reportViolation("it has no tag owner");
      },
      // What it returns is only ever proposed: as a patch of the code, or to the gate.
      remediateResource: (args) => {
        if (!kinds.has(args.type) || args.props.tags?.owner !== undefined) return undefined;
        return { ...args.props, tags: { ...args.props.tags, owner: args.getConfig().owner } };
      },
    },
  ],
});
