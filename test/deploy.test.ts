// The files under deploy/: what they name is there, rules load and fire, and a real Prometheus reads a started service.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { setupPrometheus } from "../scripts/setup-prometheus.mjs";
import { createMetrics } from "../src/observability/metrics.js";
import { packageFile } from "../src/package-root.js";

const run = promisify(execFile);
const bin = setupPrometheus();
const promtool = (...args: string[]) => run(join(bin, "promtool"), args, { cwd: packageFile("deploy/prometheus") });
const folder = mkdtempSync(join(tmpdir(), "portcullis-prometheus-"));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Every sample that can be exposed, by name. */
async function exposed(): Promise<Set<string>> {
  const all = await createMetrics().registry.getMetricsAsJSON();
  const suffixes = (type: string): string[] => (type === "histogram" ? ["_bucket", "_count", "_sum"] : [""]);
  return new Set(all.flatMap(({ name, type }) => suffixes(String(type)).map((suffix) => name + suffix)));
}

const namesIn = (text: string): string[] => [...new Set(text.match(/\bportcullis_\w+/g))];
const read = (path: string): string => readFileSync(packageFile(`deploy/${path}`), "utf8");

describe("rules", () => {
  test("are valid, and fire where they must and nowhere else", async () => {
    await promtool("check", "rules", "alerts.yaml");
    expect((await promtool("test", "rules", "alerts.test.yaml")).stdout).toContain("SUCCESS");
  });

  test.each(["prometheus/alerts.yaml", "prometheus/alerts.test.yaml", "grafana/portcullis.json"])(
    "every metric that %s names is one of ours",
    async (path) => {
      const known = await exposed();
      expect(namesIn(read(path)).filter((name) => !known.has(name))).toEqual([]);
    },
  );
});

const target = z.strictObject({
  refId: z.string().regex(/^[A-Z]$/),
  datasource: z.strictObject({ type: z.literal("prometheus"), uid: z.literal("${datasource}") }),
  ...{ expr: z.string().min(1), legendFormat: z.string() },
});
const position = z.strictObject({
  x: z.number().min(0),
  y: z.number().min(0),
  w: z.number().min(1),
  h: z.number().min(1),
});
const panel = z.object({
  ...{ id: z.number().int(), type: z.enum(["timeseries", "stat"]), title: z.string().min(1) },
  ...{ gridPos: position, targets: z.array(target).min(1) },
});
const dashboard = z.object({ uid: z.literal("portcullis"), schemaVersion: z.number(), panels: z.array(panel).min(10) });

describe("the dashboard", () => {
  const { panels } = dashboard.parse(JSON.parse(read("grafana/portcullis.json")));

  test("has panels with ids of their own that do not lie over each other", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  test("asks nothing that Prometheus cannot read", async () => {
    const exprs = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m")));
    const rules = exprs.map((expr, at) => ({ record: `panel:${at}`, expr }));
    const file = join(folder, "panels.yaml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    expect((await promtool("check", "rules", file)).stdout).toContain(`${rules.length} rules found`);
  });
});

describe("a real Prometheus", () => {
  const cli = packageFile("dist/src/cli/main.js");

  async function startService(): Promise<{ port: number; token: string }> {
    const data = join(folder, "data");
    const { stdout } = await run(process.execPath, [
      cli,
      "tokens",
      "create",
      "--name",
      "prometheus",
      "--role",
      "viewer",
      "--data-dir",
      data,
    ]);
    const token = /ptc_\S+/.exec(stdout)?.[0] ?? "";
    const service = spawn(process.execPath, [cli, "serve", "--port", "0", "--data-dir", data], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(service);
    let log = "";
    service.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
    await vi.waitFor(
      () => {
        expect(log).toMatch(/listens on/);
      },
      { timeout: 90_000 },
    );
    return { token, port: Number(/listens on https?:\/\/[\d.]+:(\d+)/.exec(log)?.[1]) };
  }

  test("reads a started service with a token from a file; its rules are loaded and evaluated", async () => {
    const { port, token } = await startService();
    copyFileSync(packageFile("deploy/prometheus/alerts.yaml"), join(folder, "alerts.yaml"));
    writeFileSync(join(folder, "portcullis.token"), token, { mode: 0o600 });
    const settings = read("prometheus/prometheus.yaml")
      .replace("127.0.0.1:8181", `127.0.0.1:${port}`)
      .replaceAll("15s", "1s");
    writeFileSync(join(folder, "prometheus.yaml"), settings);
    const listen = 20_000 + (process.pid % 20_000);
    const args = [
      "--config.file=prometheus.yaml",
      `--web.listen-address=127.0.0.1:${listen}`,
      "--storage.tsdb.path=tsdb",
    ];
    children.push(spawn(join(bin, "prometheus"), args, { cwd: folder, stdio: "ignore" }));
    const ask = async (path: string): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${listen}/api/v1/${path}`)).json();
    const value = { data: { result: [{ value: [expect.any(Number), "1"] }] } };
    await vi.waitFor(
      async () => {
        expect(await ask("query?query=portcullis_store_up")).toMatchObject(value);
      },
      { timeout: 90_000, interval: 500 },
    );
    expect(await ask("query?query=up")).toMatchObject(value);
    type Rules = { data: { groups: { rules: { name: string; health: string }[] }[] } };
    await vi.waitFor(
      async () => {
        const { data } = (await ask("rules")) as Rules;
        const rules = data.groups.flatMap((group) => group.rules);
        const written = read("prometheus/alerts.yaml").match(/^ {6}- alert:/gm) ?? [];
        expect(rules.map(({ health }) => health)).toEqual(written.map(() => "ok"));
      },
      { timeout: 60_000, interval: 500 },
    );
  });
});
