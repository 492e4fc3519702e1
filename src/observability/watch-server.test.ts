import { afterAll, beforeAll, expect, test } from "vitest";
import { startWatchServer, type WatchServer } from "./watch-server.js";

let server: WatchServer;
let scrape = () => Promise.resolve("portcullis_build_info 1\n");
beforeAll(async () => {
  server = await startWatchServer({ host: "127.0.0.1", port: 0, scrape: () => scrape() });
});
afterAll(() => server.stop());

test.each([
  ["GET", "/metrics", 200, "portcullis_build_info 1\n"],
  ["GET", "/metrics?x=1", 200, "portcullis_build_info 1\n"],
  ["GET", "/healthz", 200, '{"status":"ok"}'],
  ["HEAD", "/healthz", 200, ""],
  ["POST", "/metrics", 405, "only GET\n"],
  ["DELETE", "/healthz", 405, "only GET\n"],
  ["GET", "/", 404, "there are /metrics and /healthz\n"],
  ["GET", "/metrics/../../etc/passwd%00", 404, "there are /metrics and /healthz\n"],
])("%s %s answers %i", async (method, path, status, text) => {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  expect([answer.status, await answer.text()]).toEqual([status, text]);
});

test("what goes wrong while metrics are collected is not told", async () => {
  scrape = () => Promise.reject(new Error("postgres://user:secret@db"));
  const answer = await fetch(`http://127.0.0.1:${server.port}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([500, "the metrics could not be collected\n"]);
});

test("an address that is taken is named", async () => {
  const taken = startWatchServer({ host: "127.0.0.1", port: server.port, scrape });
  await expect(taken).rejects.toThrow(`metrics cannot be offered on 127.0.0.1:${server.port}: EADDRINUSE`);
});
