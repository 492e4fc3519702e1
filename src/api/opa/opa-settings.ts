import { z } from "zod";

const text = z.string().min(1).max(4_096);
const seconds = z.number().positive().max(86_400);
const address = text.regex(
  /^https?:\/\/[^\s@]+$/,
  "expected an address such as https://host/path, without a password in it",
);

/** Where a secret is kept; it never stands in the configuration itself. */
const secret = z.union([z.strictObject({ env: text }), z.strictObject({ file: text })]);

export const signingAlgorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "HS256",
  "HS384",
  "HS512",
] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

const signing = z.strictObject({
  /** Which of the keys; without it the signature's own `kid` says. */
  keyid: text.optional(),
  scope: text.optional(),
  /** PEM files with public keys (or, for HS256 and its like, the secret). */
  keys: z
    .record(text, z.strictObject({ algorithm: z.enum(signingAlgorithms), key: text }))
    .refine((keys) => Object.keys(keys).length > 0, "expected at least one key"),
});

const bundle = z.strictObject({
  url: address,
  token: secret.optional(),
  polling: z
    .strictObject({ min: seconds, max: seconds })
    .refine(({ min, max }) => min <= max, "expected min to be at most max")
    .optional(),
  /** Let the server hold the request this long when nothing is new. */
  longPoll: seconds.optional(),
  signing: signing.optional(),
  /** Of the archive, and of what is in it. */
  maxBytes: z
    .number()
    .int()
    .min(1_024)
    .max(1024 ** 3)
    .optional(),
});
export type BundleSettings = z.infer<typeof bundle>;

const pointer = z
  .string()
  .regex(/^\/(input|result)(\/.*)?$/s, "expected a JSON Pointer that begins with /input or /result");

const decisionLog = z
  .strictObject({
    to: z.enum(["store", "file", "console", "service"]),
    /** For `file`: JSON lines are appended to it. */
    file: text.optional(),
    /** For `service`: where OPA's upload API is, `/logs` is added. */
    service: z
      .strictObject({
        url: address,
        token: secret.optional(),
        maxBytes: z
          .number()
          .int()
          .min(1_024)
          .max(64 * 1024 * 1024)
          .optional(),
      })
      .optional(),
    labels: z.record(text, z.string().max(1_024)).optional(),
    /** Erased from every record, besides what looks like a secret and what `data.system.log.mask` says. */
    mask: z.array(pointer).max(1_000).optional(),
    /** Decisions that wait to be written; those beyond are refused. */
    queue: z.number().int().min(1).max(1_000_000).optional(),
    /** For `store`: older ones, or those beyond the number, are removed. */
    keep: z
      .strictObject({ days: z.number().positive().max(36_500).optional(), records: z.number().int().min(1).optional() })
      .optional(),
  })
  .refine(({ to, file }) => to !== "file" || file !== undefined, "expected `file` with the path of the file")
  .refine(({ to, service }) => to !== "service" || service !== undefined, "expected `service` with its url");
export type DecisionLogSettings = z.infer<typeof decisionLog>;

/** `opa:` of the configuration: the Data API, bundles and the decision log. */
export const opaSettings = z.strictObject({
  /** Data files and folders, as `opa run` takes them. */
  data: z.array(text).max(1_000).optional(),
  /** What `POST /` answers. */
  decision: text.optional(),
  /** What one evaluation may use. */
  limits: z
    .strictObject({
      steps: z.number().int().min(1_000).max(10_000_000_000).optional(),
      memory: z
        .number()
        .int()
        .min(1)
        .max(64 * 1024)
        .optional(),
    })
    .optional(),
  bundles: z
    .record(z.string().regex(/^[\w.-]{1,100}$/, "expected a name of letters, digits, dots and dashes"), bundle)
    .refine((bundles) => Object.keys(bundles).length <= 100, "expected at most 100 bundles")
    .optional(),
  decisionLog: decisionLog.optional(),
});
export type OpaSettings = z.infer<typeof opaSettings>;
