// `provisioning.pulumi` of portcullis.yaml: where stacks are kept, and what opens their secrets.
import { z } from "zod";

export const pulumiSettings = z.strictObject({
  /** Default: a folder of the stack's own in the data folder. */
  backend: z
    .string()
    .max(1_000)
    .regex(/^(file|s3|gs|azblob):\/\/\S+$/, "expected file://, s3://, gs:// or azblob://")
    .optional(),
  /** A file with the passphrase that encrypts the secrets of all stacks. */
  passphraseFile: z.string().min(1).max(1_000),
  /** A folder with `node_modules`, for what programs import; default: Pulumi's own package, which is there. */
  packages: z.string().min(1).max(1_000).optional(),
});
export type PulumiSettings = z.infer<typeof pulumiSettings>;
