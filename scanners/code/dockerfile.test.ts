import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { ScanItem } from "../../src/inventory/scan-item.js";
import { readDockerfile } from "./dockerfile.js";
import { isDockerfile } from "./files.js";
import { readCode, type CodeOptions } from "./index.js";

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

type Command = Readonly<Record<"Cmd" | "SubCmd" | "Flags" | "Value" | "Stage" | "JSON", unknown>>;

/** Each command as one line of text, with the line that its pointer leads to. */
async function commands(text: string): Promise<string[]> {
  const item = await readDockerfile("Dockerfile", text);
  if (item.kind !== "document") throw new Error(JSON.stringify(item));
  return (item.value as unknown as Command[]).map((command, at) => {
    const { Cmd, SubCmd, Flags, Value, Stage, JSON: json } = command;
    return [item.locate(`/${at}/Value/0`)?.line, Stage, Cmd, SubCmd, Flags, json ? "json" : "", Value]
      .map((part) => (typeof part === "string" ? part : JSON.stringify(part)))
      .join(" ");
  });
}

describe("as conftest has it", () => {
  test.each([
    {
      name: "stages, flags, forms",
      text: 'ARG V=1\nFROM --platform=linux/amd64 a:1 AS build\nRUN --mount=type=cache,target=/c make  all\nFROM b\nCOPY --from=build /a /b\nCMD ["a", "b"]\nENV A=1 B="x y"\n',
      found: [
        '1 0 arg  []  ["V=1"]',
        '2 0 from  ["--platform=linux/amd64"]  ["a:1","AS","build"]',
        '3 0 run  ["--mount=type=cache,target=/c"]  ["make  all"]',
        '4 1 from  []  ["b"]',
        '5 1 copy  ["--from=build"]  ["/a","/b"]',
        '6 1 cmd  [] json ["a","b"]',
        '7 1 env  []  ["A","1","=","B","\\"x y\\"","="]',
      ],
    },
    {
      name: "comments, continued lines, empty lines",
      text: "# one\n\n# two\nFROM a\n#\n# three\nRUN a \\\n  # inside\n\n  b \\\n  c\n# last\n",
      found: [
        '1 0 comment  null  ["one"]',
        '3 0 comment  null  ["two"]',
        '4 0 from  []  ["a"]',
        '6 0 comment  null  ["three"]',
        '7 0 run  []  ["a   b   c"]',
      ],
    },
    {
      name: "heredocs",
      text: "FROM a\nRUN <<-EOT cat <<B\n\t# not a comment\n\tEOT\n# neither\nB\nUSER x\n",
      found: ['1 0 from  []  ["a"]', '2 0 run  []  ["<<-EOT cat <<B"]', '7 0 user  []  ["x"]'],
    },
    {
      name: "the escape directive",
      text: "# escape=`\nFROM a\nRUN a `\n b\nCOPY a C:\\\n",
      found: ['2 0 from  []  ["a"]', '3 0 run  []  ["a  b"]', '5 0 copy  []  ["a","C:\\\\"]'],
    },
    {
      name: "ONBUILD",
      text: 'FROM a\nONBUILD RUN ["a"]\nonbuild COPY --chown=x a b\n',
      found: ['1 0 from  []  ["a"]', '2 0 onbuild RUN [] json ["a"]', '3 0 onbuild COPY []  ["a","b"]'],
    },
    {
      name: "byte order mark and CRLF",
      text: "\ufeff# c\r\nFROM a\r\nRUN b \\\r\n  c\r\n",
      found: ['1 0 comment  null  ["c"]', '2 0 from  []  ["a"]', '3 0 run  []  ["b   c"]'],
    },
  ])("$name", async ({ text, found }) => {
    expect(await commands(text)).toEqual(found);
  });
});

test.each([
  { name: "nothing", text: "", line: 1, message: /no instructions/ },
  { name: "comments only", text: "# a\n# b\n", line: 2, message: /no instructions/ },
  { name: "an unknown instruction", text: "FROM a\n\nRUM x\n", line: 3, message: /unknown instruction: RUM/ },
  { name: "a heredoc without end", text: "FROM a\nRUN <<E\nx\n", line: 2, message: /unterminated heredoc/ },
  { name: "terminal escapes", text: "\u001b[2J\u0000 x\n", line: 1, message: /unknown instruction/ },
  {
    name: "ONBUILD without end",
    text: `FROM a\n${"ONBUILD \\\n".repeat(15_000)}RUN x\n`,
    line: 52,
    message: /50 ONBUILD/,
  },
  { name: "brackets without end", text: `FROM a\nRUN ${"[".repeat(9_000)}\n`, line: 2, message: /200 brackets/ },
  {
    name: "defaults without end",
    text: `FROM a\nRUN <<"${"${a:-".repeat(9_000)}"\n`,
    line: 2,
    message: /200 brackets/,
  },
  { name: "a line without end", text: `FROM a\nRUN ${"x".repeat(70_000)}\n`, line: 1, message: /max allowed size/ },
  { name: "too long", text: "#\n".repeat(20_001), line: null, message: /more than 20,000 lines/ },
  { name: "too large", text: "#".repeat(2 ** 20 + 1), line: null, message: /larger than 1 MiB/ },
])("$name is a problem with its line", async ({ text, line, message }) => {
  const item = await readDockerfile("Dockerfile", text);
  expect(item).toMatchObject({ kind: "problem", problem: "unreadable", at: "Dockerfile", line });
  expect(item.kind === "problem" ? item.message : "").toMatch(message);
});

test("what is large is read all the same", async () => {
  const text = `FROM a\n${"RUN x \\\n y\n".repeat(9_000)}${"[".repeat(190)}`.replace(/\[+$/, (all) => `RUN ${all}`);
  const item = await readDockerfile("Dockerfile", text);
  expect(item.kind === "document" ? item.locate("/9001") : item).toEqual({
    file: "Dockerfile",
    line: 18_002,
    column: 1,
  });
});

test("suppressions: all of BuildKit's comments, and nothing that only looks like one", async () => {
  const mark = (policy: string) => `# portcullis:ignore ${policy} reason="why"`;
  const text = `${mark("a")}\nFROM a\nRUN a \\\n  ${mark("b")}\n  b <<E ${mark("x")}\n${mark("x")}\nE\n#\nLABEL x="\\\n  ${mark("c")}\n"\n${mark("d")}`;
  const item = await readDockerfile("Dockerfile", text);
  const found = item.kind === "document" ? (item.suppressions ?? []) : [];
  expect(found.map(({ policy, location }) => [policy, location.line, location.column])).toEqual([
    ["a", 1, 1],
    ["b", 4, 3],
    ["c", 10, 3],
    ["d", 12, 1],
  ]);
});

test.each([
  ...["Dockerfile", "a/Dockerfile", "Dockerfile.prod", "api.Dockerfile", "api.dockerfile", "Containerfile"].map(
    (name) => [name, true] as const,
  ),
  ...[
    "Dockerfile.dockerignore",
    ".dockerignore",
    "Dockerfile.json",
    "Dockerfile.md",
    "MyDockerfile",
    ".dockerfile",
    "Dockerfiles",
  ].map((name) => [name, false] as const),
])("%s is a Dockerfile: %s", (name, expected) => {
  expect(isDockerfile(name)).toBe(expected);
});

describe("as input", () => {
  const root = mkdtempSync(join(tmpdir(), "portcullis-dockerfile-"));
  afterAll(() => {
    rmSync(root, { recursive: true });
  });
  mkdirSync(join(root, "app"));
  for (const [name, text] of [
    ["app/Dockerfile", "FROM a\n"],
    ["app/broken.Dockerfile", "FRM a\n"],
    ["app/odd", "FROM b\n"],
    ["app/x.json", "{}"],
  ] as const)
    writeFileSync(join(root, name), text);
  symlinkSync("/etc/hostname", join(root, "app/Containerfile"));

  const options: CodeOptions = { documents: true, varFiles: [], variables: {}, parameters: {}, region: null };
  async function read(path: string, more: Partial<CodeOptions> = {}): Promise<string[]> {
    const shown = (item: ScanItem): string =>
      item.kind === "document"
        ? `${relative(root, item.uri)} ${JSON.stringify(item.value)}`
        : item.kind === "problem"
          ? `${relative(root, item.at)}: ${item.message}`
          : "";
    return (await all(readCode([path], { ...options, ...more }))).map(shown);
  }
  const from = (image: string) => `[{"Cmd":"from","SubCmd":"","JSON":false,"Flags":[],"Value":["${image}"],"Stage":0}]`;
  const broken =
    "app/broken.Dockerfile: it is not a Dockerfile that BuildKit takes: unknown instruction: FRM (did you mean FROM?)";
  const link = expect.stringMatching(/^app\/Containerfile: the symbolic link leaves the folder/) as string;

  test("a folder, where document policies are in use", async () => {
    expect(await read(root)).toEqual([link, `app/Dockerfile ${from("a")}`, broken, "app/x.json {}"]);
    expect(await read(root, { inputType: "dockerfile" })).toEqual([link, `app/Dockerfile ${from("a")}`, broken]);
    expect(await read(root, { inputType: "document" })).toEqual(["app/x.json {}"]);
  });

  test("a folder, where they are not", async () => {
    expect(await read(root, { documents: false })).toEqual([expect.stringContaining("there is nothing to check")]);
  });

  test("a file by its name or by what it is said to be", async () => {
    expect(await read(join(root, "app/Dockerfile"))).toEqual([`app/Dockerfile ${from("a")}`]);
    expect(await read(join(root, "app/odd"), { inputType: "dockerfile" })).toEqual([`app/odd ${from("b")}`]);
    expect(await read(join(root, "app/Dockerfile"), { documents: false })).toEqual([
      "app/Dockerfile: a Dockerfile is checked by policies of your own only: give them with --policy",
    ]);
  });
});
