// Dockerfiles reach policies exactly as conftest gives them, and conftest's policies over them give the same results.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { toolPath } from "../../scripts/setup-tools.mjs";
import { readDockerfile } from "../../scanners/code/dockerfile.js";
import { portcullis } from "../testing/cli.js";

const root = mkdtempSync(join(tmpdir(), "portcullis-dockerfile-"));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** What conftest makes of the text; null where it refuses it. */
function conftestOf(text: string): unknown {
  const file = join(root, "Dockerfile");
  writeFileSync(file, text);
  const { stdout, status } = spawnSync(toolPath("conftest"), ["parse", "--parser", "dockerfile", file], {
    encoding: "utf8",
  });
  // Its own tests take each element of what a file holds for a document: a Dockerfile is a list with one.
  return status === 0 ? (JSON.parse(stdout) as unknown[])[0] : null;
}

async function oursOf(text: string): Promise<unknown> {
  const item = await readDockerfile("Dockerfile", text);
  return item.kind === "document" ? item.value : null;
}

const pieces = [
  "FROM alpine:3.20\n",
  "FROM --platform=$BUILDPLATFORM golang:1 AS build\n",
  "from a as B\n",
  "ARG A=1 B C='x y'\n",
  'ENV A=1 B="x \\" y" C=a\\ b\n',
  "ENV old style  value\n",
  'LABEL a.b="c" \\\n  d=e\n',
  "RUN a && \\\n    # inside\n\n    b   \\\n  c\n",
  "RUN --mount=type=secret,id=x,required=true --network=none cat /run/secrets/x\n",
  'RUN ["a", "b\\u0041", "c"]\n',
  "RUN ['a', \"b\"]\n",
  'RUN [ -f x ] && echo "# no comment"\n',
  "RUN <<EOT\n# not a comment\nUSER root\nEOT\n",
  'RUN <<-A cat <<"B"\n\tx\n\tA\n$y\nB\n',
  "COPY --from=build --chown=1:1 --link /a /b c/\n",
  'COPY ["a b", "c"]\n',
  "COPY <<x.conf /etc/x\nk = v # no\nx.conf\n",
  "ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://x/y z\n",
  "ONBUILD RUN x\n",
  'ONBUILD COPY --chown=x ["a", "b"]\n',
  "ONBUILD RUN <<E\nx\nE\n",
  "HEALTHCHECK --interval=5s CMD curl x\n",
  'HEALTHCHECK CMD ["a"]\n',
  "HEALTHCHECK NONE\n",
  "EXPOSE 8080/tcp 22\n",
  'ENTRYPOINT ["a"]\n',
  "CMD a  b\n",
  'SHELL ["bash", "-c"]\n',
  "USER 1:1\n",
  "VOLUME /a /b\n",
  'VOLUME ["/a"]\n',
  "WORKDIR  /a b\n",
  "STOPSIGNAL 9\n",
  "MAINTAINER x <x@y>\n",
  "# a comment\n",
  "  # an indented one\n",
  "#\n",
  "\n",
  "\t RUN  tabs\there \n",
  "# escape=`\n",
  "# syntax=docker/dockerfile:1\n",
  "RUN backtick `\n  b\n",
  "RUN é\u00a0ü 🐳 \\\n",
];

/** What BuildKit refuses. */
const wrong = [
  "RUM x\n",
  "ENV a\n",
  "COPY a\n",
  "RUN <<E\nx\n",
  "ONBUILD FROM a\n",
  "FROM a b\n",
  "SHELL a\n",
  "RUN --mount=type=what x\n",
  "CMD [1]\n",
  "USER\n",
];

test("each kind of instruction", async () => {
  for (const piece of [...pieces, ...wrong]) {
    const text = `FROM x\n${piece}USER end\n`;
    expect([piece, await oursOf(text)]).toEqual([piece, conftestOf(text)]);
  }
});

test("any of them together, with either kind of line end and a byte order mark", async () => {
  const texts = fc.record({
    parts: fc.array(
      fc.oneof(
        { weight: 60, arbitrary: fc.constantFrom(...pieces) },
        { weight: 1, arbitrary: fc.constantFrom(...wrong) },
      ),
      { maxLength: 15 },
    ),
    end: fc.constantFrom("\n", "\r\n"),
    mark: fc.constantFrom("", "\ufeff"),
    last: fc.constantFrom("USER end\n", "USER end", "# end"),
  });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(texts, async ({ parts, end, mark, last }) => {
      const text = mark + (parts.join("") + last).replaceAll("\n", end);
      const theirs = conftestOf(text);
      if (theirs !== null) accepted++;
      expect(await oursOf(text)).toEqual(theirs);
    }),
    { numRuns: 60 },
  );
  expect(accepted).toBeGreaterThan(10);
});

const policy = `package main
import rego.v1
deny contains msg if {
	some command in input
	command.Cmd == "from"
	contains(command.Value[0], ":latest")
	msg := sprintf("stage %d uses a moving tag", [command.Stage])
}
deny contains {"msg": "sudo", "_loc": command.Value} if {
	some command in input
	command.Cmd == "run"
	not command.JSON
	regex.match("sudo", command.Value[0])
}
warn contains "no USER" if not "user" in {command.Cmd | some command in input}
violation contains {"msg": "root"} if {
	users := [command | some command in input; command.Cmd == "user"]
	users[count(users) - 1].Value[0] == "root"
}
`;

test("conftest's policies give the same results", async () => {
  writeFileSync(join(root, "policy.rego"), policy);
  const files = ["Dockerfile", "api.Dockerfile", "Containerfile"].map((name) => join(root, name));
  const texts = ["FROM a:latest\nFROM b\nRUN sudo x\n", "FROM a:1\nUSER 1\n", "FROM a:1\nFROM b:latest\nUSER root\n"];
  files.forEach((file, at) => {
    writeFileSync(file, texts[at] ?? "");
  });
  const args = ["--policy", join(root, "policy.rego"), ...files];
  const theirs = spawnSync(toolPath("conftest"), ["test", "--parser", "dockerfile", "--output", "json", ...args], {
    encoding: "utf8",
  });
  const ours = await portcullis(["check", "--no-default-policies", "--format", "json", ...args]);
  const their = JSON.parse(theirs.stdout) as {
    filename: string;
    failures?: { msg: string }[];
    warnings?: { msg: string }[];
  }[];
  const our = JSON.parse(ours.stdout) as {
    results: { verdict: string; resource: { id: string }; reasons: { message: string }[] }[];
  };
  const wanted = their.flatMap(({ filename, failures = [], warnings = [] }) =>
    [...failures, ...warnings].map(({ msg }) => `${filename}: ${msg}`),
  );
  const found = our.results
    .filter(({ verdict }) => verdict === "fail")
    .flatMap(({ resource, reasons }) => reasons.map(({ message }) => `${resource.id}: ${message}`));
  expect(found.sort()).toEqual(wanted.sort());
  expect(wanted).toHaveLength(5);
});
