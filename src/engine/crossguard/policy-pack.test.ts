import { createServer, type AddressInfo } from "node:net";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { packageFile } from "../../package-root.js";
import { readPackFolder } from "./pack-folder.js";
import { defaultLimits, PolicyPack, type PackAnswer, type PackOptions } from "./policy-pack.js";
import { unknownValue } from "./pulumi-resource.js";
import { bucket, policyCode, removePack, writePack, writePythonPack } from "./testing/write-pack.js";

const small = packageFile("src", "engine", "crossguard", "testing", "packs", "small");
const opened: PolicyPack[] = [];
const folders: string[] = [];

async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((pack) => pack.close()));
  for (const folder of folders.splice(0)) removePack(folder);
}

/** A start takes longer than all else here: packs that nothing happens to serve several tests. */
function shared(make: () => Promise<PolicyPack>): () => PolicyPack {
  let pack: PolicyPack;
  beforeAll(async () => {
    pack = await make();
  });
  afterAll(closeAll);
  return () => pack;
}

type Changed = Partial<Omit<PackOptions, "limits">> & { limits?: Partial<PackOptions["limits"]> };

async function start(folder: string, options: Changed = {}): Promise<PolicyPack> {
  const pack = await PolicyPack.start(readPackFolder(folder), {
    config: {},
    runner: "own",
    allowNetwork: false,
    environment: [],
    ...options,
    limits: { ...defaultLimits, ...options.limits },
  });
  opened.push(pack);
  return pack;
}

async function startCode(code: string, options: Changed = {}, files: Record<string, string> = {}): Promise<PolicyPack> {
  const folder = writePack(code, files);
  folders.push(folder);
  return start(folder, options);
}

/** One word for what each policy said. */
function words(answer: PackAnswer | undefined): Record<string, string> {
  return Object.fromEntries(
    [...(answer ?? [])].map(([name, { violations, undecided, notApplicable, error }]) => {
      if (error !== null) return [name, "error"];
      if (violations.length > 0) return [name, "violation"];
      if (undecided.length > 0) return [name, "undecided"];
      return [name, notApplicable === null ? "pass" : "not-applicable"];
    }),
  );
}

describe("a pack that behaves", () => {
  const pack = shared(() => start(small));

  test("answers for each policy, with what it runs with", async () => {
    expect(pack().info).toMatchObject({ name: "small", version: "1.2.3", description: "a small pack" });
    expect(pack().configuration.get("named")).toEqual({
      enforcementLevel: "mandatory",
      properties: { prefix: "team-" },
    });
    const [open, unknown] = await pack().analyze([
      bucket("team-a", { acl: "public-read" }),
      bucket("b", { acl: unknownValue }),
    ]);
    expect(words(open)).toEqual({ encrypted: "violation", named: "pass", careless: "violation", tagged: "violation" });
    expect(open?.get("encrypted")?.violations[0]?.message).toContain("the bucket is not encrypted");
    expect(words(unknown)).toEqual({
      encrypted: "violation",
      named: "violation",
      careless: "undecided",
      tagged: "violation",
    });
  });

  test("a policy that saw the type only is not applicable", async () => {
    const [answer] = await pack().analyze([{ ...bucket("team-vpc"), type: "aws:ec2/vpc:Vpc" }]);
    expect(words(answer)).toEqual({
      encrypted: "not-applicable",
      named: "pass",
      careless: "pass",
      tagged: "not-applicable",
    });
  });

  test("remediations come as the whole properties", async () => {
    const [answer, none] = await pack().remediate([
      bucket("a", { tags: { a: "b" } }),
      bucket("b", { tags: { owner: "x" } }),
    ]);
    expect(answer?.get("tagged")?.remediation?.properties).toEqual({ tags: { a: "b", owner: "platform" } });
    expect(none?.get("tagged")?.remediation).toBeNull();
  });

  test("the stock runner gives the same violations", async () => {
    const resources = [
      bucket("a"),
      bucket("team-b", { serverSideEncryptionConfiguration: { rule: {} } }),
      bucket("c", { acl: "public-read" }),
    ];
    const violations = async (one: PolicyPack): Promise<string[][]> => {
      const answers = await one.analyze(resources);
      return answers.map((answer) =>
        [...answer].flatMap(([name, { violations: all }]) => all.map(({ message }) => `${name}: ${message}`)),
      );
    };
    const own = await violations(pack());
    expect(own.flat()).toHaveLength(8);
    expect(await violations(await start(small, { runner: "stock" }))).toEqual(own);
  });
});

describe("other packs that behave", () => {
  afterEach(closeAll);

  test("stack policies see all resources, their parents and dependencies; keys that JavaScript gives a meaning stay data", async () => {
    const pack = await startCode(`const { PolicyPack } = require("@pulumi/policy");
      new PolicyPack("test-pack", { enforcementLevel: "mandatory", policies: [
        { name: "keys", description: "Keys.", validateResource: (args, report) => {
          if (Object.keys(args.props.tags ?? {}).length !== 1) report("tags"); } },
        { name: "late", description: "Late.", validateResource: async (args, report) => {
          const { automation } = require("@pulumi/pulumi");
          report([typeof automation.LocalWorkspace.create, "Stack" in automation, Object.keys({ ...automation }).length > 10].join()); } },
        { name: "graph", description: "Graph.", validateStack: (args, report) => {
          for (const { name, parent, dependencies, propertyDependencies } of args.resources) report(JSON.stringify(
            [name, parent?.name ?? null, dependencies.map((one) => one.name), Object.entries(propertyDependencies).map(([k, v]) => [k, v[0].name])]));
        } }] });`);
    const [a, b] = [bucket("a"), { ...bucket("b"), parent: bucket("a").urn }];
    const stack = await pack.analyzeStack([
      { resource: a, dependencies: [], propertyDependencies: new Map() },
      { resource: b, dependencies: [a.urn], propertyDependencies: new Map([["acl", [a.urn]]]) },
    ]);
    const messages = stack.get("graph")?.violations.map(({ message }) => message.replace("Graph.\n", ""));
    expect(messages).toEqual(['["a",null,[],[]]', '["b","a",["a"],[["acl","a"]]]']);
    const tags = JSON.parse(`{"constructor": "x"}`) as { constructor: string };
    const answers = await pack.analyze([bucket("a", { tags }), bucket("b")]);
    expect(answers.map((answer) => words(answer)["keys"])).toEqual(["pass", "violation"]);
    // What is loaded late is whole when it is there.
    expect(answers[0]?.get("late")).toMatchObject({
      error: null,
      violations: [{ message: "Late.\nfunction,true,true" }],
    });
  });

  test("a pack in TypeScript runs", async () => {
    const code = `import { PolicyPack, ResourceValidationPolicy } from "@pulumi/policy";
      const main: ResourceValidationPolicy = { name: "main", description: "Main.", enforcementLevel: "mandatory",
        validateResource: (args, report) => { const size: number = args.props.size; if (size > 1) report("too large"); } };
      new PolicyPack("test-pack", { policies: [main] });`;
    const folder = writePack("", {
      "index.ts": code,
      "package.json": `{"name": "test-pack", "version": "0.0.1", "main": "index.ts"}`,
      "tsconfig.json": `{"compilerOptions": {"strict": true, "skipLibCheck": true, "types": []}}`,
    });
    folders.push(folder);
    const pack = await start(folder);
    expect((await pack.analyze([bucket("a", { size: 2 }), bucket("b", { size: 1 })])).map(words)).toEqual([
      { main: "violation" },
      { main: "pass" },
    ]);
  });

  test("a pack in Python runs in its own environment", async () => {
    const folder = writePythonPack(`
from pulumi_policy import *

def check(args, report):
    if args.name == "c":
        raise ValueError("boom")
    if args.props.get("acl") == "public-read":
        report("public")

PolicyPack(name="python", enforcement_level=EnforcementLevel.MANDATORY, policies=[
    ResourceValidationPolicy(name="acl", description="Not public.", validate=check),
    ResourceValidationPolicy(name="named", description="Named.", validate=lambda args, report: report("no b") if args.name == "b" else None),
])`);
    folders.push(folder);
    const pack = await start(folder);
    const answers = await pack.analyze([
      bucket("a", { acl: "public-read" }),
      bucket("b", { acl: unknownValue }),
      bucket("c"),
    ]);
    expect(answers.map(words)).toEqual([
      { acl: "violation", named: "pass" },
      { acl: "undecided", named: "violation" },
      { acl: "error", named: "pass" },
    ]);
    expect(pack.info).toMatchObject({ name: "python", version: "2.0.0" });
  });
});

const three = [bucket("a"), bucket("b"), bucket("c")];

describe("a pack that throws or answers what it was not asked", () => {
  const guilty = (name: string, body: string): string =>
    `{ name: "${name}", description: "Guilty.", validateResource: (args, report) => { void args.props.size; if (args.name === "b") { ${body} } } }`;
  const pack = shared(() =>
    startCode(`const { PolicyPack } = require("@pulumi/policy");
      const protoutil = require("@pulumi/policy/protoutil"); const make = protoutil.makeAnalyzeResponse;
      protoutil.makeAnalyzeResponse = (ds, na) => make(ds.map((d) => ({ ...d, policyName: d.message.includes("{other}") ? "other" : d.policyName,
        policyPackName: d.message.includes("{pack}") ? "other" : d.policyPackName })), na);
      new PolicyPack("test-pack", { enforcementLevel: "mandatory", policies: [
        ${guilty("throws", `throw new Error("boom " + args.urn);`)},
        ${guilty("throws-nothing", `throw undefined;`)},
        ${guilty("other-policy", `report("{other}");`)},
        { name: "innocent", description: "Innocent.", validateResource: (args, report) => { if (args.name === "b") report("it is b"); } },
        ${guilty("other-pack", `report("{pack}");`)},
        { name: "bad", description: "Bad.", validateStack: () => { throw new Error("boom"); } },
        { name: "good", description: "Good.", validateStack: (args, report) => { if (args.resources.length > 1) report("many"); } },
      ] });`),
  );
  const pass = {
    throws: "pass",
    "throws-nothing": "pass",
    "other-policy": "pass",
    innocent: "pass",
    "other-pack": "pass",
  };

  test("an error for that resource and policy, the rest keeps its answers", async () => {
    const answers = await pack().analyze(three);
    expect(answers.map(words)).toEqual([
      pass,
      {
        throws: "error",
        "throws-nothing": "error",
        "other-policy": "error",
        innocent: "violation",
        "other-pack": "error",
      },
      pass,
    ]);
    const error = (policy: string): string => answers[1]?.get(policy)?.error ?? "";
    expect(error("throws")).toMatch(/boom urn:pulumi/);
    expect(error("throws")).not.toMatch(/\n\s+at /);
    expect(error("throws-nothing")).toMatch(/undefined/);
    expect(error("other-policy")).toMatch(/answered for the policy "other"/);
    expect(error("other-pack")).toMatch(/answered for the pack "other"/);
  });

  test("for one resource of a thousand", async () => {
    const answers = await pack().analyze(Array.from({ length: 1000 }, (_, at) => bucket(at === 500 ? "b" : `r${at}`)));
    const errors = answers.flatMap((answer, at) =>
      words(answer)["throws"] === "pass" ? [] : [[at, words(answer)["throws"]]],
    );
    expect(errors).toEqual([[500, "error"]]);
  });

  test("a stack policy that throws is an error, the other decides", async () => {
    const stack = three.map((resource) => ({ resource, dependencies: [], propertyDependencies: new Map() }));
    expect(words(await pack().analyzeStack(stack))).toEqual({ bad: "error", good: "violation" });
  });
});

describe("a pack that hangs or ends", () => {
  afterEach(closeAll);

  test.each<[string, string, Changed, RegExp]>([
    ["loops for ever", "for (;;);", { limits: { analyze: 1500 } }, /did not answer within 1.5 s/],
    ["ends the process", `console.error("so long"); process.exit(7);`, {}, /ended with exit code 7[^]*so long/],
  ])("that %s: an error for that resource and policy, the rest keeps its answers", async (_, body, options, cause) => {
    const pack = await startCode(policyCode(`if (args.name === "b") { ${body} }`), options);
    const answers = await pack.analyze(three);
    expect(answers.map(words)).toEqual([
      { main: "pass", innocent: "pass" },
      { main: "error", innocent: "violation" },
      { main: "pass", innocent: "pass" },
    ]);
    expect(answers[1]?.get("main")?.error).toMatch(cause);
    expect(answers[1]?.get("main")?.error).not.toMatch(/\n\s+at /);
  });

  test.each<[string, string, Changed["limits"], RegExp]>([
    ["never resolves", `await new Promise(() => undefined);`, { analyze: 1500 }, /did not answer within 1.5 s/],
    ["aborts", `process.abort();`, {}, /ended/],
    [
      "leaks memory",
      `const kept = []; for (;;) { kept.push(Buffer.alloc(10e6, 1)); await new Promise((r) => setTimeout(r, 5)); }`,
      { memory: 300 },
      /MiB of memory, more than the 300/,
    ],
    ["leaks the heap", `const kept = []; for (;;) kept.push({});`, { memory: 150 }, /ended|memory/],
  ])("that %s: says so, and is started again for the next resource", async (_, body, limits, cause) => {
    const code = policyCode(`if (args.name === "b") { ${body} }`);
    const pack = await startCode(code, { config: { innocent: "disabled" }, limits: { analyze: 60_000, ...limits } });
    const [failed] = await pack.analyze([bucket("b")]);
    expect(words(failed)).toEqual({ main: "error" });
    expect(failed?.get("main")?.error).toMatch(cause);
    expect((await pack.analyze([bucket("a")])).map(words)).toEqual([{ main: "pass" }]);
  });

  test("a policy that ends the process again and again is not run any more, the others are", async () => {
    const pack = await startCode(policyCode(`process.exit(1);`));
    const answers = await pack.analyze(Array.from({ length: 8 }, (_, at) => bucket(`r${at}`)));
    expect(new Set(answers.map((answer) => words(answer)["main"]))).toEqual(new Set(["error"]));
    expect(new Set(answers.map((answer) => words(answer)["innocent"]))).toEqual(new Set(["pass"]));
    expect((await pack.analyze([bucket("late")]))[0]?.get("main")?.error).toMatch(
      /not run any more: it ended its process 3 times/,
    );
  });
});

describe("a pack that cannot be used", () => {
  afterEach(closeAll);
  const serving = policyCode("");
  test.each<[string, string, Changed, RegExp]>([
    [
      "exits at start",
      `console.error("no licence"); process.exit(3);`,
      {},
      /exit code 3 before it served[^]*no licence/,
    ],
    ["throws at start", `throw new Error("no licence");`, {}, /before it served[^]*no licence/],
    ["never serves", `setInterval(() => 0, 1000);`, { limits: { start: 1500 } }, /did not serve within 1.5 s/],
    ["ends without serving", `console.log("done");`, {}, /before it served|did not serve/],
    [
      "prints garbage for a port",
      `console.log("hello"); setInterval(() => 0, 1000);`,
      { runner: "stock" },
      /printed "hello" where a port/,
    ],
    [
      "prints a wrong port",
      `console.log("1"); setInterval(() => 0, 1000);`,
      { runner: "stock", limits: { start: 3000 } },
      /cannot be used/,
    ],
    [
      "answers garbage",
      `const s = require("net").createServer((c) => c.end("garbage")).listen(0, "127.0.0.1", () => console.log(s.address().port));`,
      { runner: "stock", limits: { start: 3000 } },
      /cannot be used/,
    ],
    ["has a name that is none", serving.replace('"test-pack"', '"a pack"'), {}, /Invalid policy pack name/],
    ["has a policy twice", serving.replace('"innocent"', '"main"'), {}, /two policies with the name main/],
    [
      "has no policies",
      `new (require("@pulumi/policy").PolicyPack)("test-pack", { policies: [] });`,
      {},
      /has no policies/,
    ],
  ])("that %s: says why", async (_, code, options, cause) => {
    await expect(startCode(code, { limits: { start: 20_000 }, ...options })).rejects.toThrow(cause);
  });

  test("that is no pack", () => {
    expect(() => readPackFolder(writePack("", { "PulumiPolicy.yaml": "runtime: ruby\n" }))).toThrow(
      /runtime: .*expected/,
    );
    expect(() => readPackFolder(writePack("", { "PulumiPolicy.yaml": "runtime: [\n" }))).toThrow(/PulumiPolicy.yaml/);
    expect(() => readPackFolder(writePack("", { "PulumiPolicy.yaml": "runtime: nodejs\nmain: ../..\n" }))).toThrow(
      /in the folder of the pack/,
    );
    expect(() => readPackFolder(writePack("", { "PulumiPolicy.yaml": "runtime: nodejs\nmain: lib\n" }))).toThrow(
      /program of the pack is not there/,
    );
  });
});

describe("what a pack cannot reach", () => {
  const tries: Record<string, string> = {
    environment: "JSON.stringify(process.env)",
    files: `require("fs").readFileSync("/etc/passwd", "utf8")`,
    home: `require("fs").readdirSync(process.env.HOME + "/../..")`,
    writing: `require("fs").writeFileSync("here", "x")`,
    programs: `require("child_process").execSync("id").toString()`,
    threads: `new (require("worker_threads").Worker)("1", { eval: true })`,
  };
  const server = createServer((socket) => socket.end("hello"));
  afterEach(closeAll);
  afterAll(() => {
    server.close();
  });

  async function results(options: Changed = {}): Promise<Record<string, string>> {
    if (!server.listening) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const network = `new Promise((resolve, reject) => require("net").connect(${port}, "127.0.0.1").on("data", resolve).on("error", reject))`;
    const policies = Object.entries({ ...tries, network }).map(
      ([name, expression]) =>
        `{ name: "${name}", description: "Tries.", validateResource: async (args, report) => { void args.props.size;
          let got; try { got = await (${expression}); } catch (error) { got = "refused: " + (error.code ?? error.message); } report(String(got)); } }`,
    );
    const pack = await startCode(
      `new (require("@pulumi/policy").PolicyPack)("test-pack", { policies: [${policies.join()}] });`,
      options,
    );
    const [answer] = await pack.analyze([bucket("a")]);
    return Object.fromEntries(
      [...(answer ?? [])].map(([name, { violations, error }]) => [
        name,
        violations[0]?.message.replace("Tries.\n", "") ?? `no answer: ${error ?? ""}`,
      ]),
    );
  }

  test("files, programs, threads, the network and the host's environment, but for what it is given", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "planted";
    const refused = "refused: ERR_ACCESS_DENIED";
    const closed = { files: refused, home: refused, writing: refused, programs: refused, threads: refused };
    try {
      const kept = await results();
      expect(kept).toMatchObject({ ...closed, network: expect.stringMatching(/^refused: E/) as string });
      expect(kept["environment"]).toContain("PATH");
      expect(kept["environment"]).not.toContain("planted");
      const given = await results({ allowNetwork: true, environment: ["AWS_SECRET_ACCESS_KEY"] });
      expect(given).toMatchObject({ ...closed, network: "hello" });
      expect(given["environment"]).toContain("planted");
    } finally {
      delete process.env["AWS_SECRET_ACCESS_KEY"];
    }
  });

  test("time after its end: what it started ends with it", async () => {
    const code = policyCode(
      `require("child_process").spawn("setsid", ["sleep", "600"], { detached: true, stdio: "ignore" }).unref();`,
    );
    const pack = await startCode(code, { runner: "stock" });
    await pack.analyze([bucket("a")]);
    const running = pack.processes();
    expect(running.length).toBeGreaterThan(2);
    await pack.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const left = running.filter((pid) => existsSync(join("/proc", String(pid))));
    expect(left.map((pid) => readFileSync(`/proc/${pid}/status`, "utf8").slice(0, 300))).toEqual([]);
  });
});
