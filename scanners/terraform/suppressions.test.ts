import fc from "fast-check";
import { expect, test } from "vitest";
import { readTerraformFolder } from "./hcl.js";
import { mapTerraform } from "./map.js";
import { suppressionScopes } from "./suppressions.js";

/** `# @a` in the text is a suppression of the policy `a`. */
const written = (text: string) => text.replace(/@(\w+)/g, 'portcullis:ignore $1 reason="why"');

/** The policies that are excused, by resource. */
async function excused(files: Readonly<Record<string, string>>): Promise<Record<string, string[]>> {
  const { resources, problems } = await readTerraformFolder("/root", {
    displayRoot: "/root",
    varFiles: [],
    variables: {},
    fileHost: {
      readFile: (path) => {
        const text = files[path.slice("/root/".length)];
        if (text === undefined) throw new Error("no such file");
        return written(text);
      },
      readDir: (path) => {
        const below = Object.keys(files).filter((name) => `/root/${name}`.startsWith(`${path}/`));
        return [...new Set(below.map((name) => `/root/${name}`.slice(path.length + 1)))].map((name) => ({
          name: name.split("/")[0] ?? "",
          dir: name.includes("/"),
        }));
      },
    },
  });
  expect(problems).toEqual([]);
  return Object.fromEntries(
    mapTerraform(resources, { scanner: "terraform", uri: "/root" }).flatMap(({ resource, suppressions }) =>
      suppressions === undefined ? [] : [[resource.id, suppressions.map(({ policy }) => policy)]],
    ),
  );
}

const bucket = (name: string, body = "") => `resource "aws_s3_bucket" "${name}" {\n${body}}\n`;

test.each([
  {
    name: "above and inside",
    text: `# @a\n${bucket("b", "  tags = { # @b\n    x = 1\n  }\n")}${bucket("c")}`,
    found: { "aws_s3_bucket.b": ["a", "b"] },
  },
  {
    name: "CRLF",
    text: `# @a\n${bucket("b", "  # @b\n")}`.replaceAll("\n", "\r\n"),
    found: { "aws_s3_bucket.b": ["a", "b"] },
  },
  {
    name: "heredocs and strings",
    text: bucket("b", "  bucket = <<EOT\n# @a\n/* @b */\nEOT\n  acl = \"# portcullis:ignore c reason='x'\"\n"),
    found: {},
  },
  {
    name: "what is folded in, where it surely belongs",
    text: `${bucket("b")}${bucket("c")}# @a\nresource "aws_s3_bucket_public_access_block" "p" {\n  bucket = aws_s3_bucket.b.id # @b\n}\nvariable "v" {}\n# @c\nresource "aws_s3_bucket_versioning" "v" {\n  bucket = var.v\n}\n`,
    found: { "aws_s3_bucket.b": ["a", "b"] },
  },
  {
    name: "policy documents, where they are used",
    text: `data "aws_iam_policy_document" "d" {\n  # @a\n  statement {\n    actions = ["*"]\n  }\n}\nresource "aws_iam_policy" "p" {\n  policy = data.aws_iam_policy_document.d.json\n}\n${bucket("b")}`,
    found: { "aws_iam_policy.p": ["a"] },
  },
  {
    name: "other data is no part of what refers to it",
    text: `# @a\ndata "aws_caller_identity" "d" {}\n${bucket("b", "  bucket = data.aws_caller_identity.d.account_id\n")}`,
    found: {},
  },
  { name: "resources without a mapping", text: '# @a\nresource "x_y" "z" {}\n', found: { "x_y.z": ["a"] } },
  {
    name: "instances",
    text: `# @a\n${bucket("b", "  count = 2\n")}`,
    found: { "aws_s3_bucket.b[0]": ["a"], "aws_s3_bucket.b[1]": ["a"] },
  },
])("$name", async ({ text, found }) => {
  expect(await excused({ "main.tf": text })).toEqual(found);
});

test("a module's resources have its comments, each module call its own", async () => {
  const files = {
    "main.tf":
      '# @one\nmodule "one" {\n  source = "./m"\n}\nmodule "two" {\n  source   = "./m"\n  for_each = toset(["x"]) # @two\n}\n',
    "m/main.tf": bucket("b", "  # @own\n"),
  };
  expect(await excused(files)).toEqual({
    "module.one.aws_s3_bucket.b": ["own", "one"],
    'module.two["x"].aws_s3_bucket.b': ["own", "two"],
  });
});

test("JSON configuration has no comments", async () => {
  const text = JSON.stringify({ resource: { x_y: { z: { "//": "@a", v: "# @a" } } } }).replaceAll(
    "@a",
    "portcullis:ignore a",
  );
  expect(await excused({ "main.tf.json": text })).toEqual({});
});

test("modules of modules cannot multiply what stands in a few files", () => {
  const comments = Array.from({ length: 1_000 }, (_, line) => ({
    file: "a",
    line,
    column: 1,
    text: '# portcullis:ignore a reason="why"',
  }));
  const all = comments.map((_, at) => at);
  const scopes = Array.from({ length: 100 }, (_, at) => ({ parent: at - 1, comments: all }));
  const found = suppressionScopes(scopes, comments, (file) => file);
  expect(found[61]).toHaveLength(62_000);
  expect(found.slice(62).map((each) => each.map(({ reason, problem }) => [reason, problem]))).toEqual(
    Array.from({ length: 38 }, () => [
      ["", "too many suppressions come together in the modules of this folder; none counts here"],
    ]),
  );
});

const part = fc.record({
  above: fc.constantFrom(
    "",
    "# @above\n",
    "// @above\n# more\n",
    "/* x\n @above */\n",
    "# @lost\n\n",
    "# @above\n\n# more\n",
  ),
  inside: fc.constantFrom(
    "",
    " # @in\n",
    " v = { # @in\n  a = [1, /* @in */ 2]\n }\n",
    ' v = "# portcullis:ignore no"\n',
    " v = <<E\n # @no\nE\n",
    " b {\n  c {} // @in\n }\n",
  ),
  after: fc.constantFrom("\n", " # @lost\n", "\n# @lost\n\n", "\n# @lost\nlocals {\n # @lost\n}\n"),
});

test("property: a comment excuses exactly the block that it is in or directly above", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { minLength: 1, maxLength: 12 }),
      fc.constantFrom("\n", "\r\n"),
      async (parts, end) => {
        const text = parts
          .map(({ above, inside, after }, at) => `${above}resource "x_y" "r${at}" {\n${inside}}${after}`)
          .join("");
        const expected = parts.map(({ above, inside }, at): [string, string[]] => [
          `x_y.r${at}`,
          [...(above.endsWith("\n\n# more\n") ? "" : above).matchAll(/@(above)/g), ...inside.matchAll(/@(in)/g)].map(
            (match) => match[1] ?? "",
          ),
        ]);
        const wanted = Object.fromEntries(expected.filter(([, policies]) => policies.length > 0));
        expect(await excused({ "main.tf": text.replaceAll("\n", end) })).toEqual(wanted);
      },
    ),
    { numRuns: 40 },
  );
});
