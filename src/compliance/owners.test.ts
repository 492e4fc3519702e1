import { expect, test } from "vitest";
import { ownerOf, type OwnedResource, type OwnerSettings } from "./owners.js";

const resource = (tags: Record<string, string>, change: Partial<OwnedResource> = {}): OwnedResource => ({
  ...{ id: "arn:aws:s3:::pay-logs", type: "AWS::S3::Bucket", account: "1", tags },
  ...change,
});
const settings: OwnerSettings = {
  tags: ["Owner", "cost-centre"],
  rules: [
    { owner: "payments", resource: "arn:aws:s3:::pay-*", account: "1" },
    { owner: "data", type: "AWS::RDS::*" },
    { owner: "web", tag: "app=site" },
    { owner: "platform", account: "2" },
  ],
};

test.each([
  ["the tag", resource({ Owner: "ada" }), undefined, "ada"],
  ["the tag in lower case", resource({ owner: "ada" }), undefined, "ada"],
  ["the team", resource({ TEAM: "core" }), undefined, "core"],
  ["the owner before the team", resource({ team: "core", owner: "ada" }), undefined, "ada"],
  ["the team where the owner is empty", resource({ owner: " ", team: "core" }), undefined, "core"],
  ["nobody", resource({ own: "x", __proto__: "y" }), undefined, null],
  ["a key of one's own", resource({ "Cost-Centre": " 42 ", team: "core" }), settings, "42"],
  ["a tag before a rule", resource({ owner: "ada" }), settings, "ada"],
  ["a rule by id and account", resource({}), settings, "payments"],
  ["not a rule of which one thing does not fit", resource({}, { account: "3" }), settings, null],
  ["a rule by type", resource({}, { id: "x", type: "AWS::RDS::DBInstance" }), settings, "data"],
  ["the first rule", resource({ app: "site" }, { type: "AWS::RDS::DBInstance", id: "x" }), settings, "data"],
  ["a rule by tag", resource({ app: "site" }, { id: "x" }), settings, "web"],
  ["a rule by account", resource({}, { id: "x", account: "2" }), settings, "platform"],
  ["no account where there is none", resource({}, { id: "x", account: null }), settings, null],
  ["a text that is no Unicode", resource({ owner: "a\ud800" }), undefined, "a\ufffd"],
])("%s", (_name, given, by, owner) => {
  expect(ownerOf(given, by)).toBe(owner);
});
