import { expect, test } from "vitest";
import { PortcullisError } from "../errors.js";
import { compilerCall } from "./compiler.js";

const inspect = (text: string): Promise<unknown> =>
  compilerCall("rego.inspect", { modules: [{ path: "a.rego", text, version: "v1" }] });

const module = {
  path: "a.rego",
  version: "v1",
  package: "p",
  line: 1,
  annotations: null,
  rules: [{ name: "x", line: 2, args: 0, default: false, cases: false }],
};

test("an operation gives its value", async () => {
  expect(await inspect("package p\nx := 1")).toEqual({ errors: [], modules: [module] });
});

test("an unknown operation is an internal error", async () => {
  await expect(compilerCall("nothing.here", {})).rejects.toMatchObject({
    code: "internal",
    message: "the compiler module failed in nothing.here: no operation nothing.here",
  });
});

test("a module that was stopped is replaced by a new one", async () => {
  const stopped: unknown = await inspect(`package p\nx := ${"1+".repeat(200_000)}1`).catch((error: unknown) => error);
  expect(stopped).toBeInstanceOf(PortcullisError);
  expect((stopped as PortcullisError).message).toBe(
    "the compiler module stopped in rego.inspect: Maximum call stack size exceeded",
  );
  expect(await inspect("package p\nx := 1")).toEqual({ errors: [], modules: [module] });
});

test("calls that are started together do not mix", async () => {
  const answers = await Promise.all([1, 2, 3].map((line) => inspect(`package p${"\n".repeat(line)}x := 1`)));
  expect(answers).toEqual(
    [1, 2, 3].map((line) => ({
      errors: [],
      modules: [{ ...module, rules: [{ ...module.rules[0], line: line + 1 }] }],
    })),
  );
});

test("no warning of Node's about WASI", async () => {
  const seen: string[] = [];
  const listen = (warning: Error): void => void seen.push(warning.message);
  process.on("warning", listen);
  await inspect("package p");
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  expect(seen).toEqual([]);
});
