import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startMoto } from "./moto.js";

const answers = (endpoint: string): Promise<boolean> =>
  fetch(`${endpoint}/moto-api/data.json`, { signal: AbortSignal.timeout(2000) }).then(
    ({ ok }) => ok,
    () => false,
  );

test("the server runs until it is stopped", async () => {
  const moto = await startMoto();
  expect(await answers(moto.endpoint)).toBe(true);
  await moto.stop();
  expect(await answers(moto.endpoint)).toBe(false);
});

test("the server does not outlive a test process that is killed", async () => {
  // As vitest would be: a process that starts the server and is then killed without a chance to clean up.
  const script = `
    import { createServer } from "vite";
    const vite = await createServer({ server: { middlewareMode: true }, appType: "custom", logLevel: "error", optimizeDeps: { noDiscovery: true } });
    const { startMoto } = await vite.ssrLoadModule("/test/servers/moto.ts");
    const { endpoint } = await startMoto();
    console.log(endpoint);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk.toString();
    if (printed.includes("\n")) break;
  }
  const endpoint = printed.trim();
  expect(await answers(endpoint)).toBe(true);
  child.kill("SIGKILL");
  for (let tries = 0; tries < 50 && (await answers(endpoint)); tries++) await sleep(100);
  expect(await answers(endpoint)).toBe(false);
});
