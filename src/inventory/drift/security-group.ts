// Rules of security groups as the API, CloudFormation and people write them: one form for each rule.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";

const names: ReadonlyMap<string, string> = new Map([
  ["6", "tcp"],
  ["17", "udp"],
  ["1", "icmp"],
  ["58", "icmpv6"],
  ["all", "-1"],
]);

export function ruleForms(rules: readonly Json[]): Json[] {
  return rules.map((one) => (isObject(one) ? ruleForm(one) : one));
}

function ruleForm(rule: JsonObject): JsonObject {
  const form: { [key: string]: Json } = {};
  const named = own(rule, "IpProtocol");
  const protocol = named === undefined ? null : protocolOf(named);
  for (const [key, value] of Object.entries(rule)) {
    // Every port: the API has none then, and Terraform zero.
    if (protocol === "-1" && (key === "FromPort" || key === "ToPort")) continue;
    if (key === "IpProtocol" && protocol !== null) form[key] = protocol;
    else if (key === "CidrIpv6" && typeof value === "string") form[key] = ipv6Form(value);
    else setOwn(form, key, value);
  }
  return form;
}

function protocolOf(value: Json): Json {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const text = String(value).toLowerCase();
  return names.get(text) ?? text;
}

/** The shortest form of the address, as the API writes it. */
function ipv6Form(cidr: string): string {
  const [address = "", length] = cidr.split("/");
  try {
    const { hostname } = new URL(`http://[${address}]/`);
    return length === undefined ? hostname.slice(1, -1) : `${hostname.slice(1, -1)}/${length}`;
  } catch {
    return cidr;
  }
}
