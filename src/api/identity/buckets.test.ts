import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressKey } from "./address-key.js";
import { Buckets } from "./buckets.js";

describe("a bucket", () => {
  test("gives its burst at once, then as often as its rate says, and tells how long to wait", () => {
    let now = 0;
    const buckets = new Buckets({ rate: { perSecond: 2, burst: 3 }, maximum: 10, now: () => now });
    const take = () => buckets.take("a");
    expect([take(), take(), take()].map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
    ]);
    expect(take()).toEqual({ allowed: false, remaining: 0, waitMs: 500, resetMs: 1_500 });
    now = 499;
    expect(take().allowed).toBe(false);
    now = 500;
    expect(take()).toEqual({ allowed: true, remaining: 0, waitMs: 0, resetMs: 1_500 });
    expect(buckets.look("b")).toEqual({ allowed: true, remaining: 3, waitMs: 0, resetMs: 0 });
    now = 1_000_000;
    expect(take()).toMatchObject({ allowed: true, remaining: 2 });
  });

  test("to look takes nothing and remembers nobody", () => {
    const buckets = new Buckets({ rate: { perSecond: 1, burst: 1 }, maximum: 10, now: () => 0 });
    for (let i = 0; i < 5; i++) expect(buckets.look("a").allowed).toBe(true);
    expect(buckets.size).toBe(0);
  });

  test("memory is bounded: who was not heard of for longest is forgotten", () => {
    const buckets = new Buckets({ rate: { perSecond: 0.001, burst: 1 }, maximum: 3, now: () => 0 });
    for (const key of ["a", "b", "c", "a", "d"]) buckets.take(key);
    expect(buckets.size).toBe(3);
    expect(["a", "b", "c", "d"].map((key) => buckets.look(key).allowed)).toEqual([false, true, false, false]);
  });

  test("never gives more than burst and rate allow, however it is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), (waits) => {
        let now = 0;
        const buckets = new Buckets({ rate: { perSecond: 5, burst: 7 }, maximum: 2, now: () => now });
        let given = 0;
        for (const wait of waits) {
          now += wait;
          if (buckets.take("a").allowed) given++;
          expect(given).toBeLessThanOrEqual(7 + (now / 1_000) * 5 + 1e-6);
        }
      }),
    );
  });
});

test.each([
  ["10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::FFFF:10.1.2.3", "10.1.2.3"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["64:ff9b::1.2.3.4", "64:ff9b:0:0::/64"],
  ["", "other"],
  ["unknown", "other"],
  ["10.1.2.3:4711", "other"],
  ["x".repeat(10_000), "other"],
])("the address %s counts as %s", (ip, expected) => {
  expect(addressKey(ip)).toBe(expected);
});
