import { defineConfig } from "vitest/config";

/** Tests against tools that take long to build; `npm run test:tools` builds and caches them. */
export default defineConfig({
  test: {
    include: ["test/tools/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
