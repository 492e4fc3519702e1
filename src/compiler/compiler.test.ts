import { expect, test } from "vitest";
import { compilerCall } from "./compiler.js";

test("an unknown operation is an internal error", async () => {
  await expect(compilerCall("nothing.here", {})).rejects.toMatchObject({
    code: "internal",
    message: "the compiler module failed in nothing.here: no operation nothing.here",
  });
});
