// A TCP proxy before a test server, for what networks do: cut connections, let nothing through without a word, be slow.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface NetworkProxy {
  readonly port: number;
  /** Ends every connection now, as a reset does. */
  cut(): void;
  /** Nothing comes through any more, and nobody is told; new connections are taken and go nowhere. */
  freeze(): void;
  /** Everything comes through later, by so many milliseconds each way. */
  delay(ms: number): void;
  /** As at the beginning; what was held comes through. */
  heal(): void;
  stop(): Promise<void>;
}

export async function startNetworkProxy(targetPort: number): Promise<NetworkProxy> {
  const sockets = new Set<Socket>();
  const state = { frozen: false, delayMs: 0 };
  const forward = (from: Socket, to: Socket): void => {
    from.on("data", (data) => {
      if (state.delayMs === 0) to.write(data);
      else setTimeout(() => to.write(data), state.delayMs);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((near) => {
    const far = connect(targetPort, "127.0.0.1");
    for (const socket of [near, far]) sockets.add(socket.setNoDelay());
    forward(near, far);
    forward(far, near);
    if (state.frozen) for (const socket of [near, far]) socket.pause();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    freeze() {
      state.frozen = true;
      for (const socket of sockets) socket.pause();
    },
    delay(ms) {
      state.delayMs = ms;
    },
    heal() {
      state.frozen = false;
      state.delayMs = 0;
      for (const socket of sockets) socket.resume();
    },
    async stop() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
