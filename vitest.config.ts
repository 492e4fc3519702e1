import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What crosses modules takes longest: begun last, one such file would keep the others' workers waiting. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const crosses = ({ moduleId }: TestSpecification): boolean => moduleId.startsWith(`${this.ctx.config.root}/test/`);
    return [...sorted.filter(crosses), ...sorted.filter((file) => !crosses(file))];
  }
}

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "scanners/**/*.test.ts",
      "reports/**/*.test.ts",
      "remediations/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    exclude: ["test/tools/**", "node_modules/**"],
    // Real servers and a resident compiler: slow machines must not fail on time.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    // One more than the machine has cores: some tests wait for servers. Each has servers of its own, which take memory.
    maxWorkers: Math.min(availableParallelism() + 1, 9),
    sequence: { sequencer: LongestFirst },
  },
});
