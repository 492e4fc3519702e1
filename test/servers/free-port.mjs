// A port of 127.0.0.1 that nobody listens on, for servers that cannot be told to choose one. JavaScript, because benches use it too.
import { once } from "node:events";
import { createServer } from "node:net";

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
