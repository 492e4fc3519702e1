import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprint, naturalPath } from "./fingerprint.js";

const ssh = { IpProtocol: "tcp", FromPort: 22, ToPort: 22, CidrIp: "0.0.0.0/0" };
const web = { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIp: "10.0.0.0/8" };

test.each([
  { path: "/config/A/B", expected: ["config", "A", "B"] },
  { path: "/config/containers/0/image", expected: ["config", "containers", "[name=web]", "image"] },
  { path: "/config/ports/1", expected: ["config", "ports", "[9090]"] },
  { path: "/config/containers/7/image", expected: ["config", "containers", "7", "image"] },
  { path: "/config/__proto__/x", expected: ["config", "__proto__", "x"] },
])("natural path of $path", ({ path, expected }) => {
  const document = { config: { containers: [{ name: "web", image: "x" }], ports: [8080, 9090] } };
  expect(naturalPath(document, path)).toEqual(expected);
});

test("a finding keeps its fingerprint when the elements before it change, and when its description does", () => {
  const before = { id: "sg", config: { Ingress: [web, ssh] } };
  const after = { id: "sg", config: { Ingress: [{ ...ssh, Description: "reworded" }] } };
  expect(fingerprint("p", after, "/config/Ingress/0")).toBe(fingerprint("p", before, "/config/Ingress/1"));
  expect(fingerprint("p", before, "/config/Ingress/0")).not.toBe(fingerprint("p", before, "/config/Ingress/1"));
});

test("any order of the elements gives the same fingerprint", () => {
  const elements = fc.uniqueArray(fc.record({ FromPort: fc.nat(65535), CidrIp: fc.ipV4() }), {
    minLength: 1,
    selector: (rule) => `${rule.FromPort} ${rule.CidrIp}`,
  });
  fc.assert(
    fc.property(elements, fc.nat(), (rules, pick) => {
      const at = pick % rules.length;
      const reversed = { id: "sg", config: { Ingress: rules.toReversed() } };
      expect(fingerprint("p", reversed, `/config/Ingress/${rules.length - 1 - at}`)).toBe(
        fingerprint("p", { id: "sg", config: { Ingress: rules } }, `/config/Ingress/${at}`),
      );
    }),
  );
});
