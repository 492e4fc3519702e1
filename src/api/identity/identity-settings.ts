import { z } from "zod";
import type { Role } from "../access.js";

const text = z.string().min(1).max(2_048);
const values = z.array(text).min(1).max(1_000);

/** Never `none`, and never HS*: a shared secret is not something that an issuer publishes. */
export const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;

const mapping = z.strictObject({
  viewer: values.optional(),
  auditor: values.optional(),
  operator: values.optional(),
  approver: values.optional(),
  admin: values.optional(),
} satisfies Record<Role, z.ZodType>);

const issuer = z.strictObject({
  /** Stands before the subject in the names of callers. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,29}$/, "expected lower-case letters, digits and -, at most 30")
    .refine((name) => name !== "token", "token names service tokens: expected another name"),
  /** To the letter as the issuer's own document and its tokens have it. */
  issuer: z.url({ protocol: /^https?$/, error: "expected the issuer's address, such as https://login.example.com" }),
  /** Who the tokens are meant for: one of these. */
  audience: z.union([text, values]),
  algorithms: z.array(z.enum(algorithms)).min(1).optional(),
  /** Where the roles are: a path with dots, or its keys. Default: roles. */
  rolesClaim: z.union([text, z.array(text).min(1).max(10)]).optional(),
  /** Which values of that claim give which role. Without one of them a caller may do nothing. */
  roles: mapping,
  /** Names the caller. Its owner must not be able to change it. Default: sub. */
  nameClaim: text.optional(),
  clockSkewSeconds: z.number().int().min(0).max(300).optional(),
});

const rate = z.strictObject({
  perSecond: z.number().positive().max(1_000_000),
  /** At once, after a while without any. */
  burst: z.number().int().min(1).max(1_000_000),
});

/** `identity:` of the configuration: whose tokens count, and how often they may ask. */
export const identitySettings = z.strictObject({
  oidc: z
    .array(issuer)
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "expected names that differ")
    .refine((all) => new Set(all.map((one) => one.issuer)).size === all.length, "expected issuers that differ")
    .optional(),
  /** For tests: an issuer on this machine may do without https. */
  allowLoopbackIssuers: z.boolean().optional(),
  limits: z
    .strictObject({
      /** Of one identity. */
      identity: rate.optional(),
      /** Of one identity, of the routes that answer with a decision: those a cluster and services ask for all that they do. */
      decisions: rate.optional(),
      /** Of one address, whoever asks from it; decisions do not count. */
      address: rate.optional(),
      /** Refused credentials from one address; after that, it waits. */
      failures: rate.optional(),
    })
    .optional(),
});

export type IdentitySettings = z.infer<typeof identitySettings>;
export type IssuerSettings = z.infer<typeof issuer>;
export type Rate = z.infer<typeof rate>;
