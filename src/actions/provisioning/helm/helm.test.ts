import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../json.js";
import type { Stack } from "../stack-tool.js";
import { releaseSource } from "./chart-source.js";
import { lockOf, planOfRelease, revisionOf, stateOf, type ReleaseStatus } from "./release.js";
import { readRendered, writeFrozenChart } from "./rendered.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-helm-"));
const secret = ["hunter", "two", "long"].join("-");
let template: string;
let count = 0;

beforeEach(() => {
  template = join(root, String(count++));
  mkdirSync(template);
});

afterAll(() => {
  rmSync(root, { recursive: true });
});

function stack(over: Partial<Stack> = {}): Stack {
  return {
    ...{
      environment: "paper",
      name: "web",
      colour: null,
      tool: "helm",
      content: "0".repeat(64),
      template,
      folder: ".",
    },
    ...{ workspace: null, variables: { password: secret }, secrets: new Set(["password"]), unknown: [] },
    ...over,
  };
}

describe("the chart", () => {
  test("is the folder itself, in a namespace of the environment's name", async () => {
    writeFileSync(join(template, "Chart.yaml"), "name: web\n");
    expect(await releaseSource(stack({ colour: "blue" }))).toEqual({
      ...{ release: "paper-web-blue", namespace: "paper", chart: template, values: [], createNamespace: false },
    });
  });

  test("or what release.yaml says", async () => {
    mkdirSync(join(template, "chart"));
    writeFileSync(join(template, "chart", "Chart.yaml"), "name: web\n");
    writeFileSync(join(template, "a.yaml"), "x: 1\n");
    writeFileSync(
      join(template, "release.yaml"),
      "chart: chart\nnamespace: trading\nvalues: [a.yaml]\ncreateNamespace: true\n",
    );
    expect(await releaseSource(stack({ workspace: "orders" }))).toEqual({
      ...{ release: "orders", namespace: "trading", chart: join(template, "chart") },
      ...{ values: [join(template, "a.yaml")], createNamespace: true },
    });
  });

  test.each<readonly [string, string, string]>([
    ["a path that leads out", "chart: ../other\n", "expected a path in the template"],
    ["an absolute path", "chart: /etc\n", "expected a path in the template"],
    ["a registry", "chart: oci://registry.example/web\n", "nothing is fetched"],
    ["an address", "chart: https://charts.example/web.tgz\n", "nothing is fetched"],
    ["values from elsewhere", "values: [/etc/passwd]\n", "expected a path in the template"],
    ["an unknown key", "repo: https://charts.example\n", "repo"],
    ["a bad namespace", "namespace: --kubeconfig\n", "expected the name of a namespace"],
    ["no YAML", "chart: [\n", "release.yaml"],
    ["a bomb of aliases", `a: &a [x]\nb: &b [${"*a,".repeat(60)}]\nc: [${"*b,".repeat(60)}]\n`, "release.yaml"],
    ["no chart", "chart: nothing\n", "expected a file"],
  ])("%s is refused", async (_, text, message) => {
    writeFileSync(join(template, "Chart.yaml"), "name: web\n");
    writeFileSync(join(template, "release.yaml"), text);
    await expect(releaseSource(stack())).rejects.toMatchObject({
      code: "config-invalid",
      message: expect.stringContaining(message) as string,
    });
  });

  test.each([
    ["too long", { workspace: "x".repeat(54) }],
    ["like a flag", { workspace: "-x" }],
    ["with an underline", { workspace: "a_b" }],
  ])("a release's name %s is refused", async (_, over) => {
    writeFileSync(join(template, "Chart.yaml"), "name: web\n");
    await expect(releaseSource(stack(over))).rejects.toThrow("is no name of a release");
  });

  test.each<
    readonly [string, readonly { name: string; type?: "symlink" | "link"; linkname?: string; bytes?: number }[], string]
  >([
    ["a path that leads out", [{ name: "web/../../x" }], "leads out"],
    ["an absolute path", [{ name: "/etc/cron.d/x" }], "leads out"],
    ["a link", [{ name: "web/x", type: "symlink", linkname: "/etc" }], "is a link"],
    ["a bomb", [1, 2, 3].map((at) => ({ name: `web/${at}`, bytes: 40 * 2 ** 20 })), "MiB when unpacked"],
    ["too many files", Array.from({ length: 10_001 }, (_, at) => ({ name: `web/${at}` })), "more than 10000 files"],
  ])("an archive with %s is refused", async (_, entries, message) => {
    const archive = pack();
    for (const { bytes = 0, ...header } of entries) archive.entry(header, Buffer.alloc(bytes));
    archive.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
    writeFileSync(join(template, "web.tgz"), gzipSync(Buffer.concat(chunks), { level: 1 }));
    writeFileSync(join(template, "release.yaml"), "chart: web.tgz\n");
    await expect(releaseSource(stack())).rejects.toThrow(message);
  });

  test("an archive that is none is refused", async () => {
    writeFileSync(join(template, "web.tgz"), "no gzip");
    writeFileSync(join(template, "release.yaml"), "chart: web.tgz\n");
    await expect(releaseSource(stack())).rejects.toThrow("the chart web.tgz");
  });
});

function object(kind: string, name: string, rest: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind, metadata: { name }, ...rest };
}

function text(objects: readonly Json[]): string {
  return objects.map((one) => `---\n# Source: web/templates/x.yaml\n${JSON.stringify(one)}\n`).join("");
}

function release(
  objects: readonly JsonObject[],
  live: readonly JsonObject[] = objects,
  status = "deployed",
): ReleaseStatus {
  const found = live.map((one) => ({
    ...one,
    metadata: { ...(one["metadata"] as JsonObject), namespace: "paper", uid: "1", resourceVersion: "7" },
    status: { seen: true },
  }));
  return {
    name: "paper-web",
    namespace: "paper",
    version: 3,
    manifest: text(objects),
    info: { status, resources: { all: found } },
  };
}

function planned(wanted: readonly JsonObject[], at: ReleaseStatus | null, intent: "apply" | "destroy" = "apply") {
  const source = { release: "paper-web", namespace: "paper", chart: "", values: [], createNamespace: false };
  const plan = planOfRelease(stack(), {
    intent,
    source,
    release: at,
    rendered: readRendered(text(wanted), "helm:paper-web"),
  });
  const changes = plan.changes.map(
    ({ before, after }) =>
      `${before === null ? "+" : after === null ? "-" : "~"}${(before ?? after)?.resource.id ?? ""}`,
  );
  return { ...plan, changes, all: plan.changes };
}

const settings = object("ConfigMap", "settings", { data: { level: "info" } });
const hook = { ...object("Pod", "hook"), metadata: { name: "hook", annotations: { "helm.sh/hook": "pre-install" } } };

describe("what an upgrade changes", () => {
  test.each<readonly [string, readonly JsonObject[], ReleaseStatus | null, readonly string[]]>([
    [
      "a new release",
      [settings, hook],
      null,
      ["+paper/web/v1/ConfigMap/paper/settings", "+paper/web/v1/Pod/paper/hook"],
    ],
    ["nothing, so no hooks run", [settings, hook], release([settings]), []],
    [
      "a value",
      [object("ConfigMap", "settings", { data: { level: "debug" } })],
      release([settings]),
      ["~paper/web/v1/ConfigMap/paper/settings"],
    ],
    [
      "a key that goes",
      [object("ConfigMap", "settings", { data: {} })],
      release([settings]),
      ["~paper/web/v1/ConfigMap/paper/settings"],
    ],
    ["an object that goes", [], release([settings]), ["-paper/web/v1/ConfigMap/paper/settings"]],
    [
      "what somebody changed",
      [settings],
      release([settings], [object("ConfigMap", "settings", { data: { level: "x" } })]),
      ["~paper/web/v1/ConfigMap/paper/settings"],
    ],
    ["what somebody removed", [settings], release([settings], []), ["+paper/web/v1/ConfigMap/paper/settings"]],
    ["pods of others", [settings], release([settings], [settings, object("Pod", "settings-1")]), []],
    [
      "a Secret's texts",
      [object("Secret", "s", { stringData: { a: "b" } })],
      release([object("Secret", "s", { stringData: { a: "b" } })], [object("Secret", "s", { data: { a: "Yg==" } })]),
      [],
    ],
    [
      "a release that was removed",
      [settings],
      release([settings], [], "uninstalled"),
      ["+paper/web/v1/ConfigMap/paper/settings"],
    ],
  ])("%s", (_, wanted, at, changes) => {
    const plan = planned(wanted, at);
    expect(plan.changes).toEqual(changes);
    expect(plan.differs).toBe(changes.length > 0);
    expect(plan.problems).toEqual([]);
    expect(planned(wanted, at).digest).toBe(plan.digest);
  });

  test("a removal takes what is there", () => {
    expect(planned([], release([settings]), "destroy").changes).toEqual(["-paper/web/v1/ConfigMap/paper/settings"]);
  });

  test("secrets are in no plan, wherever they stand", () => {
    const hidden = [
      object("Secret", "s", {
        data: { password: Buffer.from(secret).toString("base64") },
        stringData: { other: "short" },
      }),
      object("ConfigMap", "c", { data: { url: `postgres://app:${secret}@db`, level: "info" } }),
    ];
    const { all } = planned(hidden, null);
    expect(all.map(({ after }) => after?.resource.unknown)).toEqual([
      ["/config/data/url", "/raw/data/url"],
      ["/config/data/password", "/config/stringData/other", "/raw/data/password", "/raw/stringData/other"],
    ]);
    expect(JSON.stringify(all)).not.toContain(secret);
    expect(all[0]?.after?.resource.config["data"]).toEqual({ level: "info" });
    expect(planned([object("Secret", "s", { data: { a: "MQ==" } })], null).digest).not.toBe(
      planned([object("Secret", "s", { data: { a: "Mg==" } })], null).digest,
    );
  });

  test.each<readonly [string, string, string]>([
    ["no YAML", "a: [", "is no YAML"],
    ["no manifest", "---\nhello: 1\n", "expected apiVersion and kind"],
    ["no name", "---\napiVersion: v1\nkind: Pod\nmetadata: {}\n", "expected metadata.name"],
    ["a generated name", "---\napiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n", "generated name"],
    ["one object twice", text([settings, settings]), "is there twice"],
    ["a bomb of aliases", `a: &a [x]\nb: &b [${"*a,".repeat(500)}]\nc: [${"*b,".repeat(500)}]\nd: [*c]\n`, "is no"],
    ["too much", `a: ${"x".repeat(21 * 2 ** 20)}`, "more than 20 MiB"],
  ])("%s is a problem", (_, rendered, message) => {
    const source = { release: "r", namespace: "n", chart: "", values: [], createNamespace: false };
    const plan = planOfRelease(stack(), {
      intent: "apply",
      source,
      release: null,
      rendered: readRendered(rendered, "helm:r"),
    });
    expect(plan.problems.join("\n")).toContain(message);
  });
});

test("the chart that is installed only inserts what was rendered, and keeps definitions of resources apart", () => {
  const rendered = [
    "# Source: web/crds/a.yaml\nkind: A\n",
    "# Source: web/charts/sub/crds/b.yaml\nkind: B\n",
    "# Source: web/templates/crds/c.yaml\nkind: C\ntext: '{{ fail \"no\" }}'\n",
  ];
  const folder = join(template, "frozen");
  writeFrozenChart(folder, { text: rendered.map((one) => `---\n${one}`).join(""), name: "web", version: "1.0.0" });
  const read = (below: string): string[] =>
    readdirSync(join(folder, below)).map((name) => readFileSync(join(folder, below, name), "utf8").trim());
  expect(read("crds")).toEqual([rendered[0]?.trim(), rendered[1]?.trim()]);
  expect(read("files")).toEqual([rendered[2]?.trim()]);
  expect(read("templates")).toEqual(['{{ .Files.Get "files/00003.yaml" }}']);
});

test("a release's state, and who is at work on it", () => {
  expect(stateOf(release([]))).toBe("revision 3");
  expect(revisionOf("revision 3")).toBe(3);
  expect(revisionOf("revision 3; rm -rf /")).toBeNull();
  expect(stateOf(release([], [], "uninstalled"))).toBeNull();
  expect(lockOf(release([]))).toBeNull();
  expect(lockOf(release([], [], "pending-upgrade"))).toContain("pending-upgrade");
});
