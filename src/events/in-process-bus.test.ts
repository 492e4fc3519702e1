import { expect, it } from "vitest";
import { createInProcessBus } from "./in-process-bus.js";
import { busContract } from "./testing/bus-contract.js";

busContract("the bus of one process", () => Promise.resolve(createInProcessBus({ nackDelayMs: 10 })));

it("refuses what nobody takes, rather than to fill the memory", async () => {
  const bus = createInProcessBus({ maximumWaiting: 3 });
  const options = { topics: ["t"], subscription: "s", kind: "shared", prefetch: 1, ackTimeoutMs: 60_000 } as const;
  await bus.subscribe(options, () => undefined);
  const publish = (): Promise<void> => bus.publish({ topic: "t", key: null, properties: {}, body: "x" });
  for (let n = 0; n < 3; n++) await publish();
  await expect(publish()).rejects.toThrow("3 messages wait in t");
  await bus.close();
});
