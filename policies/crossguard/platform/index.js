"use strict";
const { PolicyPack } = require("@pulumi/policy");
const { cost } = require("./cost.js");
const { identity } = require("./identity.js");
const { kubernetes } = require("./kubernetes.js");
const { network } = require("./network.js");
const { resilience } = require("./resilience.js");

new PolicyPack("portcullis-platform", {
  enforcementLevel: "mandatory",
  policies: [...network, ...cost, ...resilience, ...identity, ...kubernetes],
});
