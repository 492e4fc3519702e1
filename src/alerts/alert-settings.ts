// `alerts:` of the configuration: who is told of findings besides the broker.
import { z } from "zod";
import { severities } from "../engine/policy.js";
import { maximumPattern, maximumStars } from "../compliance/glob.js";

const pattern = z
  .string()
  .min(1)
  .max(maximumPattern)
  .refine((text) => text.split("*").length <= maximumStars, `expected at most ${maximumStars - 1} stars`);
const patterns = z.array(pattern).min(1).max(1_000).optional();

/** Where a secret is: never in the configuration itself. A file is read again at each attempt, so that it can be exchanged. */
const secret = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of an environment variable") }),
  z.strictObject({ file: z.string().min(1).max(4_096) }),
]);
export type SecretSource = z.infer<typeof secret>;

const address = z
  .string()
  .max(2_048)
  .refine(isAddress, "expected an address that begins with https://, without a user, a password or a fragment");

function isAddress(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === "" && password === "" && hash === "";
}

const destinationBase = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "expected small letters, digits and dashes"),
  /** This severe or more. */
  severity: z.enum(severities).optional(),
  /** Only what they fit; `*` stands for any text. */
  policies: patterns,
  accounts: patterns,
  owners: patterns,
  /** Default: true. */
  resolved: z.boolean().optional(),
  /** `Authorization: Bearer`. */
  token: secret.optional(),
  /** The certificates that the server's is checked against, instead of the system's. */
  caFile: z.string().min(1).max(4_096).optional(),
  /** Send without encryption, for a server on the same machine or a network that encrypts by itself. */
  allowHttp: z.boolean().optional(),
  /** For an answer, in seconds. */
  timeout: z.number().min(1).max(60).optional(),
  /** After so long without success a message is failed, until it is retried by hand. */
  giveUp: z
    .string()
    .regex(/^[1-9]\d{0,3}[mhd]$/, "expected minutes, hours or days, such as 24h")
    .optional(),
};

const alertmanager = z.strictObject({
  ...destinationBase,
  kind: z.literal("alertmanager"),
  /** Without `/api/v2/alerts`. */
  url: address,
  /** What is open is sent again so often, in seconds; default: 60. Without it four times in a row it counts as resolved. */
  resend: z.number().int().min(5).max(3_600).optional(),
});
const webhook = z.strictObject({
  ...destinationBase,
  kind: z.literal("webhook"),
  url: address,
  /** `whsec_` and 24 to 64 bytes in base64. */
  secret,
  /** Signed with both for as long as receivers change to the new one. */
  formerSecret: secret.optional(),
});
const slack = z.strictObject({
  ...destinationBase,
  kind: z.literal("slack"),
  /** The address is the secret. */
  url: secret,
});

export const alertSettings = z.strictObject({
  destinations: z
    .array(z.discriminatedUnion("kind", [alertmanager, webhook, slack]))
    .max(50)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "expected each name once")
    .refine(
      (all) => all.every((one) => one.kind === "slack" || one.allowHttp === true || /^https:/i.test(one.url)),
      "expected https://, or allowHttp: true at the destination",
    )
    .optional(),
  /** Changes within so many seconds go together; default: 5. */
  group: z.number().min(0).max(3_600).optional(),
});
export type AlertSettings = z.infer<typeof alertSettings>;
export type Destination = NonNullable<AlertSettings["destinations"]>[number];
