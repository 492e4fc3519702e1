import { createServer, type AddressInfo } from "node:net";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { packageFile } from "../../package-root.js";
import { readPackFolder } from "./pack-folder.js";
import { defaultLimits, PolicyPack, type PackAnswer, type PackOptions } from "./policy-pack.js";
import { unknownValue } from "./pulumi-resource.js";
import { bucket, policyCode, removePack, writePack, writePythonPack } from "./testing/write-pack.js";

const small = packageFile("src", "engine", "crossguard", "testing", "packs", "small");
const opened: PolicyPack[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((pack) => pack.close()));
  for (const folder of folders.splice(0)) removePack(folder);
});

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
  test("answers for each policy, with what it runs with", async () => {
    const pack = await start(small);
    expect(pack.info).toMatchObject({ name: "small", version: "1.2.3", description: "a small pack" });
    expect(pack.configuration.get("named")).toEqual({ enforcementLevel: "mandatory", properties: { prefix: "team-" } });
    const [open, unknown] = await pack.analyze([
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
    const pack = await start(small);
    const [answer] = await pack.analyze([{ ...bucket("team-vpc"), type: "aws:ec2/vpc:Vpc" }]);
    expect(words(answer)).toEqual({
      encrypted: "not-applicable",
      named: "pass",
      careless: "pass",
      tagged: "not-applicable",
    });
  });

  test("stack policies see all resources, their parents and dependencies", async () => {
    const pack = await startCode(`const { PolicyPack } = require("@pulumi/policy");
      new PolicyPack("test-pack", { policies: [{ name: "graph", description: "Graph.", validateStack: (args, report) => {
        for (const { name, parent, dependencies, propertyDependencies } of args.resources) report(JSON.stringify(
          [name, parent?.name ?? null, dependencies.map((one) => one.name), Object.entries(propertyDependencies).map(([k, v]) => [k, v[0].name])]));
      } }] });`);
    const [a, b] = [bucket("a"), { ...bucket("b"), parent: bucket("a").urn }];
    const answer = await pack.analyzeStack([
      { resource: a, dependencies: [], propertyDependencies: new Map() },
      { resource: b, dependencies: [a.urn], propertyDependencies: new Map([["acl", [a.urn]]]) },
    ]);
    const messages = answer.get("graph")?.violations.map(({ message }) => message.replace("Graph.\n", ""));
    expect(messages).toEqual(['["a",null,[],[]]', '["b","a",["a"],[["acl","a"]]]']);
  });

  test("remediations come as the whole properties", async () => {
    const pack = await start(small);
    const [answer, none] = await pack.remediate([
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
    const violations = async (runner: "own" | "stock"): Promise<string[][]> => {
      const answers = await (await start(small, { runner })).analyze(resources);
      return answers.map((answer) =>
        [...answer].flatMap(([name, one]) => one.violations.map(({ message }) => `${name}: ${message}`)),
      );
    };
    const own = await violations("own");
    expect(own.flat()).toHaveLength(8);
    expect(await violations("stock")).toEqual(own);
  });

  test("a pack in TypeScript runs", async () => {
    const code = `import { PolicyPack, ResourceValidationPolicy } from "@pulumi/policy";
      const main: ResourceValidationPolicy = { name: "main", description: "Main.", enforcementLevel: "mandatory",
        validateResource: (args, report) => { const size: number = args.props.size; if (size > 1) report("too large"); } };
      new PolicyPack("test-pack", { policies: [main] });`;
    const folder = writePack("", {
      "index.ts": code,
      "package.json": `{"name": "test-pack", "version": "0.0.1", "main": "index.ts"}`,
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

  test("keys that JavaScript gives a meaning stay data", async () => {
    const pack = await startCode(policyCode(`if (Object.keys(args.props.tags ?? {}).length !== 1) report("tags");`));
    const tags = JSON.parse(`{"constructor": "x"}`) as { constructor: string };
    const [answer] = await pack.analyze([bucket("a", { tags })]);
    expect(words(answer)).toEqual({ main: "pass", innocent: "pass" });
  });
});

const three = [bucket("a"), bucket("b"), bucket("c")];
const onlyOnB = { a: "pass", b: "error", c: "pass" };

describe("a pack that hangs, ends or throws", () => {
  test.each([
    ["throws for one resource", `if (args.name === "b") throw new Error("boom " + args.urn);`, /boom urn:pulumi/],
    ["loops for ever", `if (args.name === "b") for (;;);`, /did not answer within 1.5 s/],
    ["never resolves", `if (args.name === "b") await new Promise(() => undefined);`, /did not answer within 1.5 s/],
    [
      "ends the process",
      `if (args.name === "b") { console.error("so long"); process.exit(7); }`,
      /ended with exit code 7[^]*so long/,
    ],
    ["aborts", `if (args.name === "b") process.abort();`, /ended/],
    [
      "leaks memory",
      `if (args.name === "b") { const kept = []; for (;;) { kept.push(Buffer.alloc(10e6, 1)); await new Promise((r) => setTimeout(r, 5)); } }`,
      /MiB of memory, more than the 300/,
    ],
    ["leaks the heap", `if (args.name === "b") { const kept = []; for (;;) kept.push({}); }`, /ended|memory/],
    ["answers for another policy", `if (args.name === "b") report("{other}");`, /answered for the policy "other"/],
    ["answers for another pack", `if (args.name === "b") report("{pack}");`, /answered for the pack "other"/],
    ["throws what is no error", `if (args.name === "b") throw undefined;`, /undefined/],
  ])("that %s: an error for that resource and policy, the rest keeps its answers", async (_, body, cause) => {
    const liar = `const protoutil = require("@pulumi/policy/protoutil"); const make = protoutil.makeAnalyzeResponse;
      protoutil.makeAnalyzeResponse = (ds, na) => make(ds.map((d) => ({ ...d, policyName: d.message.includes("{other}") ? "other" : d.policyName,
        policyPackName: d.message.includes("{pack}") ? "other" : d.policyPackName })), na);`;
    const pack = await startCode(policyCode(body, liar), { limits: { analyze: 1500, memory: 300 } });
    const answers = await pack.analyze(three);
    const of = (policy: string): Record<string, unknown> =>
      Object.fromEntries<unknown>(answers.map((answer, at) => [three[at]?.name ?? "", words(answer)[policy]]));
    expect(of("main")).toEqual(onlyOnB);
    expect(of("innocent")).toEqual({ a: "pass", b: "violation", c: "pass" });
    expect(answers[1]?.get("main")?.error).toMatch(cause);
    expect(answers[1]?.get("main")?.error).not.toMatch(/\n\s+at /);
  });

  test("throws for one resource of a thousand", async () => {
    const pack = await startCode(policyCode(`if (args.name === "r500") throw new Error("boom");`));
    const answers = await pack.analyze(Array.from({ length: 1000 }, (_, at) => bucket(`r${at}`)));
    const errors = answers.flatMap((answer, at) =>
      words(answer)["main"] === "pass" ? [] : [[at, words(answer)["main"]]],
    );
    expect(errors).toEqual([[500, "error"]]);
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

  test("a stack policy that throws is an error, the other decides", async () => {
    const pack = await startCode(`const { PolicyPack } = require("@pulumi/policy");
      new PolicyPack("test-pack", { enforcementLevel: "mandatory", policies: [
        { name: "bad", description: "Bad.", validateStack: () => { throw new Error("boom"); } },
        { name: "good", description: "Good.", validateStack: (args, report) => { if (args.resources.length > 1) report("many"); } },
      ] });`);
    const stack = three.map((resource) => ({ resource, dependencies: [], propertyDependencies: new Map() }));
    expect(words(await pack.analyzeStack(stack))).toEqual({ bad: "error", good: "violation" });
  });
});

describe("a pack that cannot be used", () => {
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
      `console.log("hello");${serving}`,
      { runner: "stock" },
      /printed "hello" where a port/,
    ],
    [
      "prints a wrong port",
      `console.log("1");${serving}`,
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
  const tries = (expression: string): string =>
    policyCode(
      `let got; try { got = await (${expression}); } catch (error) { got = "refused: " + (error.code ?? error.message); } report(String(got));`,
    );

  async function result(expression: string, options: Changed = {}): Promise<string> {
    const pack = await startCode(tries(expression), options);
    const [answer] = await pack.analyze([bucket("a")]);
    return (
      answer?.get("main")?.violations[0]?.message.replace("Main.\n", "") ??
      `no answer: ${answer?.get("main")?.error ?? ""}`
    );
  }

  test("the environment of the host", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "planted";
    try {
      expect(await result("JSON.stringify(process.env)")).not.toContain("planted");
      expect(await result("JSON.stringify(process.env)", { environment: ["AWS_SECRET_ACCESS_KEY"] })).toContain(
        "planted",
      );
    } finally {
      delete process.env["AWS_SECRET_ACCESS_KEY"];
    }
  });

  test.each([
    ["files of the user", `require("fs").readFileSync("/etc/passwd", "utf8")`],
    ["the home folder", `require("fs").readdirSync(process.env.HOME + "/../..")`],
    ["the writing of files", `require("fs").writeFileSync("here", "x")`],
    ["other programs", `require("child_process").execSync("id").toString()`],
    ["other threads", `new (require("worker_threads").Worker)("1", { eval: true })`],
  ])("%s", async (_, expression) => {
    expect(await result(expression)).toBe("refused: ERR_ACCESS_DENIED");
  });

  test("the network", async () => {
    const server = createServer((socket) => socket.end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const connecting = `new Promise((resolve, reject) => require("net").connect(${port}, "127.0.0.1").on("data", resolve).on("error", reject))`;
    try {
      expect(await result(connecting)).toMatch(/^refused: E/);
      expect(await result(connecting, { allowNetwork: true })).toBe("hello");
    } finally {
      server.close();
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
