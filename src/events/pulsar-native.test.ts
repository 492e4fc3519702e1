// Where `pulsar-client` is installed with its binary, the contract runs over it and a real broker. Where the binary could not be
// downloaded, nothing of it can run: the adapter runs over a stand-in for the package, and what only the binary does is not shown.
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startPulsar, type PulsarNamespace, type PulsarServer } from "../../test/servers/pulsar.js";
import type { Delivery, EventBus, SubscribeOptions } from "./bus.js";
import { eventSettings, type EventSettings } from "./event-settings.js";
import { createInProcessBus } from "./in-process-bus.js";
import { pulsarAccess } from "./pulsar-access.js";
import { importPulsarClient, nativeClient, type PulsarClientModule } from "./pulsar-client.js";
import { createPulsarNativeBus } from "./pulsar-native.js";
import { busContract } from "./testing/bus-contract.js";
import { pulsarClientDouble, type PulsarClientDouble } from "./testing/pulsar-client-double.js";

const silent = pino({ level: "silent" });
const installed = await importPulsarClient().catch(() => null);

if (installed !== null)
  describe("with the package", () => {
    let pulsar: PulsarServer;
    let place: PulsarNamespace;
    beforeAll(async () => {
      pulsar = await startPulsar();
      place = await pulsar.createNamespace();
    });
    afterAll(() => pulsar.stop());
    busContract("Pulsar by its native client", () => {
      const { tenant, namespace, token } = place;
      const { serviceUrl, adminUrl } = pulsar;
      const settings = { serviceUrl, adminUrl, tenant, namespace, tokenEnv: "TOKEN", timeout: 20 };
      return Promise.resolve(open(installed, settings, token));
    });
  });

describe("with a stand-in for the package", () => {
  let admin: Server;
  const broker = createInProcessBus({ nackDelayMs: 10 });
  beforeAll(async () => {
    admin = createServer((request, response) => void answerStats(request.url ?? "", response)).listen(0, "127.0.0.1");
    await once(admin, "listening");
  });
  afterAll(async () => {
    admin.close();
    await broker.close();
  });

  /** As Pulsar's admin API answers, with what waits in the stand-in's broker. */
  async function answerStats(url: string, response: { end(text: string): unknown }): Promise<void> {
    const topic = url.split("/").at(-2) ?? "";
    response.end(JSON.stringify({ subscriptions: { tests: { msgBacklog: await broker.backlog(topic, "tests") } } }));
  }

  busContract("the adapter of Pulsar's native client", () => {
    const adminUrl = `http://127.0.0.1:${(admin.address() as AddressInfo).port}`;
    return Promise.resolve(open(pulsarClientDouble(broker), { serviceUrl: "pulsar://localhost:6650", adminUrl }));
  });
});

function open(pulsarClient: PulsarClientModule, settings: EventSettings, token = "secret-token"): EventBus {
  const access = pulsarAccess(settings, { TOKEN: token });
  return createPulsarNativeBus({ access, log: silent, pulsarClient });
}

const serviceUrl = "pulsar+ssl://pulsar.example.com:6651";
const message = (body: string, topic = "t") => ({ topic, key: "k", properties: {}, body });
const options: SubscribeOptions = {
  ...{ topics: ["t"], subscription: "tests", kind: "key-shared", prefetch: 10, ackTimeoutMs: 60_000 },
};

async function withDouble(
  settings: EventSettings,
  work: (bus: EventBus, double: PulsarClientDouble) => Promise<void>,
): Promise<void> {
  const double = pulsarClientDouble();
  const bus = open(double, { serviceUrl, timeout: 1, ...settings });
  await work(bus, double);
  await bus.close();
  await double.broker.close();
}

it("checks the broker's name and makes batches by key, without blocking the process", async () => {
  await withDouble({ tenant: "a", namespace: "b" }, async (bus, double) => {
    await bus.publish(message("x"));
    expect(double.clients).toMatchObject([{ serviceUrl, tlsValidateHostname: true }]);
    expect(double.clients[0]).not.toHaveProperty("authentication");
    const producer = { batchingEnabled: true, batchingType: "KeyBasedBatching", blockIfQueueFull: false };
    expect(double.producers).toMatchObject([{ topic: "persistent://a/b/t", ...producer }]);
  });
});

it("reads the token again at each connection, and never throws into the client", async () => {
  const environment: NodeJS.ProcessEnv = { TOKEN: "first" };
  const double = pulsarClientDouble();
  const access = pulsarAccess({ serviceUrl, tokenEnv: "TOKEN" }, environment);
  const bus = createPulsarNativeBus({ access, log: silent, pulsarClient: double });
  await bus.publish(message("x"));
  expect(double.token).toBe("first");
  environment["TOKEN"] = "second";
  await bus.publish(message("x", "other"));
  expect(double.token).toBe("second");
  environment["TOKEN"] = "refused";
  for (const attempt of [bus.publish(message("x", "third")), bus.subscribe(options, () => undefined), bus.check()])
    await expect(attempt).rejects.toThrow(/AuthorizationError: the token's role has no permission there/);
  delete environment["TOKEN"];
  await expect(bus.publish(message("x", "fourth"))).rejects.toThrow("in the environment variable TOKEN");
  const { authentication } = double.clients[0] ?? {};
  expect((authentication as { supply(): string }).supply()).toBe("");
  await bus.close();
});

it("fails all that wait with the one that fails, and takes no late answer for theirs", async () => {
  await withDouble({}, async (bus, double) => {
    const sent: string[] = [];
    double.sends.push(
      () => Promise.reject(new Error("Failed to send message: Disconnected")),
      ({ data }) => new Promise(() => sent.push(data.toString())),
    );
    const ends = await Promise.allSettled([bus.publish(message("1")), bus.publish(message("2"))]);
    for (const end of ends) expect(end).toMatchObject({ status: "rejected", reason: { code: "broker-unavailable" } });
    expect(sent).toEqual(["2"]);
    await bus.publish(message("3"));
    expect(double.producers).toHaveLength(2);
  });
});

it("says in time that nothing answers, and takes no more than fits", async () => {
  await withDouble({}, async (bus, double) => {
    const never = (): Promise<never> => new Promise(() => undefined);
    double.sends.push(...Array.from({ length: 5_000 }, () => never));
    const ends = await Promise.allSettled(Array.from({ length: 5_001 }, (_, n) => bus.publish(message(String(n)))));
    const said = ends.map((end) => (end.status === "rejected" ? (end.reason as Error).message : "done"));
    expect(said.filter((text) => text.endsWith("no answer within 1 s"))).toHaveLength(5_000);
    expect(said.filter((text) => text.endsWith("5000 messages wait for its answer already"))).toHaveLength(1);
  });
});

it.each([
  ["length", { length: "x" }],
  ["__proto__", JSON.parse('{"__proto__": "x"}') as Record<string, string>],
])("takes messages of others with a property named %s", async (_name, properties) => {
  await withDouble({}, async (bus, double) => {
    const got: Delivery[] = [];
    await bus.subscribe(options, (delivery) => got.push(delivery));
    await double.broker.publish({ ...message("strange"), properties });
    await vi.waitFor(() => {
      expect(got.map(({ body }) => body)).toEqual(["strange"]);
    });
    expect(got[0]?.properties).toEqual({});
    await got[0]?.ack();
  });
});

it("keeps going when the client cannot tell the broker of an acknowledgement", async () => {
  await withDouble({}, async (bus) => {
    const got: Delivery[] = [];
    await bus.subscribe(options, (delivery) => got.push(delivery));
    await bus.publish(message("x"));
    await vi.waitFor(() => {
      expect(got).toHaveLength(1);
    });
    await bus.close();
    await got[0]?.ack();
    await got[0]?.nack();
  });
});

describe("the choice of the client", () => {
  const double = pulsarClientDouble();
  const webSocketUrl = "wss://pulsar.example.com:8443";
  const there = () => Promise.resolve(double as PulsarClientModule);
  const missing = () => Promise.reject(new Error("Cannot find package 'pulsar-client'\nRequire stack: ..."));

  it.each<[string, EventSettings, () => Promise<PulsarClientModule>, PulsarClientModule | null]>([
    ["is the native one where it is there", { serviceUrl, webSocketUrl }, there, double],
    ["is the WebSocket API where it is not", { serviceUrl, webSocketUrl }, missing, null],
    ["is the WebSocket API where that is asked for", { serviceUrl, webSocketUrl, client: "websocket" }, there, null],
    ["is the WebSocket API where the native one has no address", { webSocketUrl }, there, null],
  ])("%s", async (_name, settings, load, expected) => {
    expect(await nativeClient(eventSettings.parse(settings), silent, load)).toBe(expected);
  });

  it.each<[string, EventSettings]>([
    ["is asked for", { serviceUrl, webSocketUrl, client: "native" }],
    ["is all that has an address", { serviceUrl }],
  ])("says what to do where the native one is not there and %s", async (_name, settings) => {
    const choice = nativeClient(eventSettings.parse(settings), silent, missing);
    await expect(choice).rejects.toMatchObject({ code: "config-invalid" });
    await expect(choice).rejects.toThrow(/cannot be loaded \(Cannot find package 'pulsar-client'\): install it with/);
  });

  it.each<[EventSettings, string]>([
    [{ client: "native", webSocketUrl }, "client: native needs serviceUrl"],
    [{ client: "websocket", serviceUrl }, "client: websocket needs webSocketUrl"],
    [{ serviceUrl: "http://pulsar.example.com" }, "expected an address such as pulsar://host or pulsar+ssl://host"],
    [{ serviceUrl: "pulsar://user:word@pulsar.example.com" }, "expected an address"],
  ])("refuses %o", (settings, text) => {
    expect(eventSettings.safeParse(settings).error?.message).toContain(text);
  });

  it("sends a token unencrypted to this machine only", () => {
    const settings = { tokenEnv: "TOKEN", serviceUrl: "pulsar://pulsar.example.com:6650" };
    expect(() => pulsarAccess(settings, {})).toThrow(
      "the token would go to pulsar://pulsar.example.com:6650 unencrypted",
    );
    expect(pulsarAccess({ ...settings, serviceUrl: "pulsar://127.0.0.1:6650" }, {}).hasToken).toBe(true);
  });
});
