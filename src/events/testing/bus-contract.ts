// What every adapter of the event bus must do. Each adapter's test calls it with a way to make one.
import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PortcullisError } from "../../errors.js";
import { maximumMessageBytes, type Delivery, type EventBus, type SubscribeOptions } from "../bus.js";

export function busContract(name: string, open: () => Promise<EventBus>): void {
  const opened: EventBus[] = [];
  const bus = async (): Promise<EventBus> => {
    const made = await open();
    opened.push(made);
    return made;
  };
  const wait = { timeout: 60_000, interval: 20 };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });

  const topic = (): string => `topic-${randomBytes(4).toString("hex")}`;
  const options = (on: string, change: Partial<SubscribeOptions> = {}): SubscribeOptions => ({
    ...{ topics: [on], subscription: "tests", kind: "shared", prefetch: 10, ackTimeoutMs: 60_000 },
    ...change,
  });
  const message = (on: string, body: string, key: string | null = null) => ({ topic: on, key, properties: {}, body });
  const ackAll = (got: string[]) => (delivery: Delivery) => {
    got.push(delivery.body);
    void delivery.ack();
  };

  describe(`${name}, as an event bus`, () => {
    it("delivers what was published, as it was", async () => {
      const [one, on, got] = [await bus(), topic(), [] as Delivery[]];
      await one.subscribe(options(on), (delivery) => got.push(delivery));
      await one.publish({
        topic: on,
        key: "a/b",
        properties: { "x-y": "ä", n: "1" },
        body: "Grüße \u{1f600} \u0000",
      });
      await one.publish({ topic: on, key: null, properties: {}, body: Uint8Array.from([0xff, 0x00, 0xc3]) });
      await vi.waitFor(() => {
        expect(got).toHaveLength(2);
      }, wait);
      const [first, second] = got;
      expect(first).toMatchObject({ topic: on, key: "a/b", properties: { "x-y": "ä", n: "1" }, redeliveries: 0 });
      expect(first?.body).toBe("Grüße \u{1f600} \u0000");
      expect(second?.key).toBeNull();
      expect([...(second?.bytes ?? [])]).toEqual([0xff, 0x00, 0xc3]);
      expect(first?.id).not.toBe(second?.id);
    });

    it("delivers texts with NUL as they are, or refuses them", async () => {
      const [one, on, got] = [await bus(), topic(), [] as Delivery[]];
      await one.subscribe(options(on), (delivery) => got.push(delivery));
      const strange = { topic: on, key: "k\u0000x", properties: { "a\u0000b": "c\u0000d" }, body: "x" };
      const problem = await one.publish(strange).then(
        () => null,
        (error: unknown) => error,
      );
      if (problem !== null) {
        expect(problem).toMatchObject({ code: "usage" });
        return;
      }
      await vi.waitFor(() => {
        expect(got).toHaveLength(1);
      }, wait);
      expect(got[0]).toMatchObject(strange);
    });

    it("gives each subscription all, and each consumer of one a part", async () => {
      const [one, on] = [await bus(), topic()];
      const [left, right, other]: [string[], string[], string[]] = [[], [], []];
      await one.subscribe(options(on, { prefetch: 1 }), ackAll(left));
      await one.subscribe(options(on, { prefetch: 1 }), ackAll(right));
      await one.subscribe(options(on, { subscription: "others" }), ackAll(other));
      const bodies = Array.from({ length: 40 }, (_, n) => String(n));
      for (const body of bodies) await one.publish(message(on, body));
      await vi.waitFor(() => {
        expect([left.length + right.length, other.length]).toEqual([40, 40]);
      }, wait);
      expect(new Set([...left, ...right])).toEqual(new Set(bodies));
      expect(Math.min(left.length, right.length)).toBeGreaterThan(0);
    });

    it("delivers again what was refused, and says so", async () => {
      const [one, on, got] = [await bus(), topic(), [] as number[]];
      await one.subscribe(options(on), (delivery) => {
        got.push(delivery.redeliveries);
        void (got.length < 3 ? delivery.nack() : delivery.ack());
      });
      await one.publish(message(on, "again"));
      await vi.waitFor(() => {
        expect(got).toEqual([0, 1, 2]);
      }, wait);
    });

    it("delivers again what nobody answered in time", async () => {
      const [one, on, got] = [await bus(), topic(), [] as string[]];
      await one.subscribe(options(on, { ackTimeoutMs: 1_000 }), (delivery) => {
        got.push(delivery.body);
        if (got.length > 1) void delivery.ack();
      });
      await one.publish(message(on, "forgotten"));
      await vi.waitFor(() => {
        expect(got).toEqual(["forgotten", "forgotten"]);
      }, wait);
    });

    it("has no more under way than was asked for", async () => {
      const [one, on, held] = [await bus(), topic(), [] as Delivery[]];
      const done: string[] = [];
      await one.subscribe(options(on, { prefetch: 3 }), (delivery) => held.push(delivery));
      await Promise.all(Array.from({ length: 20 }, (_, n) => one.publish(message(on, String(n)))));
      await vi.waitFor(() => {
        expect(held).toHaveLength(3);
      }, wait);
      while (done.length < 20) {
        await vi.waitFor(() => {
          expect(held.length).toBeGreaterThan(0);
        }, wait);
        expect(held.length).toBeLessThanOrEqual(3);
        const delivery = held.shift();
        done.push(delivery?.body ?? "");
        await delivery?.ack();
      }
      expect(new Set(done).size).toBe(20);
    });

    it("keeps the order of a key, at one consumer at a time", async () => {
      const [one, on] = [await bus(), topic()];
      const seen = new Map<string, { consumer: string; n: number }[]>();
      const consumer = (who: string) => (delivery: Delivery) => {
        const key = delivery.key ?? "";
        seen.set(key, [...(seen.get(key) ?? []), { consumer: who, n: Number(delivery.body) }]);
        setImmediate(() => void delivery.ack());
      };
      await one.subscribe(options(on, { kind: "key-shared" }), consumer("left"));
      await one.subscribe(options(on, { kind: "key-shared" }), consumer("right"));
      for (let n = 0; n < 200; n++) await one.publish(message(on, String(n), `key-${n % 8}`));
      await vi.waitFor(() => {
        expect([...seen.values()].flat()).toHaveLength(200);
      }, wait);
      for (const [key, deliveries] of seen) {
        const numbers = deliveries.map(({ n }) => n);
        expect(numbers, key).toEqual([...numbers].sort((a, b) => a - b));
      }
    });

    it("keeps what came while nobody listened, and takes nothing new once closed", async () => {
      const [one, on] = [await bus(), topic()];
      const [first, second]: [Delivery[], string[]] = [[], []];
      const subscription = await one.subscribe(options(on), (delivery) => first.push(delivery));
      await one.publish(message(on, "before"));
      await vi.waitFor(() => {
        expect(first).toHaveLength(1);
      }, wait);
      await subscription.close();
      await one.publish(message(on, "between"));
      await first[0]?.ack();
      await one.subscribe(options(on), ackAll(second));
      await one.publish(message(on, "after"));
      await vi.waitFor(() => {
        expect(new Set(second)).toEqual(new Set(["between", "after"]));
      }, wait);
      expect(first).toHaveLength(1);
    });

    it("knows what waits", async () => {
      const [one, on] = [await bus(), topic()];
      const subscription = await one.subscribe(options(on), () => undefined);
      await subscription.close();
      for (let n = 0; n < 5; n++) await one.publish(message(on, String(n)));
      await vi.waitFor(async () => {
        expect(await one.backlog(on, "tests")).toBe(5);
      }, wait);
    });

    it("refuses what is too large, and names that are none, and goes on", async () => {
      const [one, on, got] = [await bus(), topic(), [] as string[]];
      await one.subscribe(options(on), ackAll(got));
      const refused: [string, Promise<void>][] = [
        ["bytes", one.publish(message(on, "x".repeat(maximumMessageBytes + 1)))],
        ["key and properties", one.publish({ ...message(on, "x"), properties: { big: "x".repeat(40_000) } })],
        ["topic", one.publish(message("../../admin", "x"))],
        ["topic", one.publish(message("", "x"))],
      ];
      for (const [text, promise] of refused) await expect(promise).rejects.toThrow(text);
      await expect(one.subscribe(options(on, { subscription: "a/b" }), () => undefined)).rejects.toThrow(
        "subscription",
      );
      await one.publish(message(on, "x".repeat(maximumMessageBytes)));
      await vi.waitFor(() => {
        expect(got.map(({ length }) => length)).toEqual([maximumMessageBytes]);
      }, wait);
    });

    it("answers while it is open, and refuses once it is closed", async () => {
      const [one, on] = [await bus(), topic()];
      await one.check();
      await one.close();
      await one.close();
      const closed = { code: "broker-unavailable" } satisfies Partial<PortcullisError>;
      await expect(one.publish(message(on, "late"))).rejects.toMatchObject(closed);
      await expect(one.check()).rejects.toMatchObject(closed);
      await expect(one.subscribe(options(on), () => undefined)).rejects.toMatchObject(closed);
    });
  });
}
