import { expect, test } from "vitest";
import { allowedAddress, createHcpClient, lookupPublic, NotNow } from "./hcp-client.js";
import { isPublicAddress } from "./public-address.js";

const strict = { hosts: ["tfe.example.com", "10.0.0.5", "localhost"], privateAddresses: false, insecureHttp: false };

test.each([
  "https://app.terraform.io/api/v2/plans/p/json-output",
  "https://archivist.terraform.io/v1/object/x?y=z",
  "https://tfe.example.com/api",
  "https://TFE.example.com:443/api",
])("%s is asked", (address) => {
  expect(allowedAddress(address, strict)).toEqual(new URL(address));
});

test.each<[string, RegExp]>([
  ["http://app.terraform.io/x", /expected https/],
  ["https://app.terraform.io:8443/x", /not among/],
  ["https://app.terraform.io./x", /not among/],
  ["https://evil.example/app.terraform.io", /not among/],
  ["https://evil.example#app.terraform.io", /not among/],
  ["https://app.terraform.io@evil.example/", /without a user/],
  ["https://user:pass@app.terraform.io/", /without a user/],
  ["https://10.0.0.5/x", /not a public address/],
  ["https://0x0a000005/x", /not a public address/],
  ["javascript:alert(1)", /expected https/],
  ["//app.terraform.io/x", /no address/],
  ["", /no address/],
])("%s is not asked", (address, why) => {
  expect(allowedAddress(address, strict)).toMatch(why);
});

test.each([
  ...["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.168.1.1", "224.0.0.1"],
  ...["255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "::ffff:7f00:1", "fe80::1", "fc00::1", "fd00:ec2::254"],
  ...["64:ff9b::a00:1", "2002:a00:1::", "2001::1", "ff02::1", "app.terraform.io", "", "1.2.3"],
])("%s is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(["1.1.1.1", "172.32.0.1", "8.8.8.8", "2606:4700:4700::1111"])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test("a name whose address is private is not connected to", async () => {
  const fault = await new Promise<Error | null>((resolve) => {
    lookupPublic("localhost", { all: true }, resolve);
  });
  expect(fault?.message).toBe("localhost has an address that is not public");
  const options = { ...strict, maximumPlanBytes: 1_000, downloadMs: 5_000 };
  const client = createHcpClient(options);
  const never = new AbortController().signal;
  await expect(client.plan("https://localhost/plan", "t", never)).rejects.toThrow(NotNow);
  await expect(client.plan("https://localhost/plan", "t", never)).rejects.toThrow("an address that is not public");
  await client.close();
});
