// Where blocks and arguments stand in an HCL file, by HashiCorp's own parser.
import { z } from "zod";
import { compilerCall } from "../../src/compiler/compiler.js";
import { NoPatch } from "./no-patch.js";

const attribute = z.object({
  name: z.string(),
  line: z.number(),
  start: z.number(),
  equals: z.number(),
  from: z.number(),
  to: z.number(),
  literal: z.json().optional(),
});

/** Offsets are of bytes; `open` and `close` are those of the braces. */
export interface HclBlock {
  readonly type: string;
  readonly labels: readonly string[];
  readonly line: number;
  readonly start: number;
  readonly open: number;
  readonly close: number;
  readonly attributes: readonly HclAttribute[];
  readonly blocks: readonly HclBlock[];
}
/** Without `literal` where the value depends on anything. */
export type HclAttribute = z.infer<typeof attribute>;

const block: z.ZodType<HclBlock> = z.lazy(() =>
  z.object({
    type: z.string(),
    labels: z
      .array(z.string())
      .nullable()
      .transform((labels) => labels ?? []),
    line: z.number(),
    start: z.number(),
    open: z.number(),
    close: z.number(),
    attributes: z.array(attribute),
    blocks: z.array(block),
  }),
);
const answer = z.object({ blocks: z.array(block), problem: z.string() });

/** Throws NoPatch for what is not HCL. */
export async function hclBlocks(text: string): Promise<readonly HclBlock[]> {
  const { blocks, problem } = answer.parse(await compilerCall("terraform.blocks", { text }));
  if (problem !== "") throw new NoPatch(`the file is not HCL: ${problem}`);
  return blocks;
}
