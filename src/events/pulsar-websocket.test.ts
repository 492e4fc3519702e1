// Over a real broker, with tokens and authorization.
import { pino } from "pino";
import { afterAll, beforeAll } from "vitest";
import { startPulsar, type PulsarNamespace, type PulsarServer } from "../../test/servers/pulsar.js";
import type { EventBus } from "./bus.js";
import { pulsarAccess } from "./pulsar-access.js";
import { createPulsarWebSocketBus } from "./pulsar-websocket.js";
import { busContract } from "./testing/bus-contract.js";

let pulsar: PulsarServer;
let place: PulsarNamespace;
const silent = pino({ level: "silent" });

beforeAll(async () => {
  pulsar = await startPulsar();
  place = await pulsar.createNamespace();
});
afterAll(() => pulsar.stop());

function open(token = place.token): Promise<EventBus> {
  const { tenant, namespace } = place;
  const settings = { webSocketUrl: pulsar.webSocketUrl, tenant, namespace, tokenEnv: "TOKEN", timeout: 20 };
  return Promise.resolve(createPulsarWebSocketBus(pulsarAccess(settings, { TOKEN: token }), silent));
}

busContract("Pulsar by its WebSocket API", () => open());
