// `actions.remediate` of portcullis.yaml.
import { z } from "zod";

const span = z.string().regex(/^[1-9]\d{0,3}[mhd]$/, "expected minutes, hours or days, such as 24h");

const fields = z.strictObject({
  /** The role to assume in accounts that are not the caller's. */
  roleName: z
    .string()
    .regex(/^[\w+=,.@/-]{1,512}$/, "expected the name of an IAM role")
    .optional(),
  /** The policies whose failures the service puts right without being asked; default: none. */
  policies: z.array(z.string().min(1).max(200)).max(500).optional(),
  /** Between two tries at a resource for a policy; default 24h. */
  coolDown: span.optional(),
  /** A fix that was undone so often within `window` is not tried again before a person releases it; default 3. */
  maxFlaps: z.number().int().min(1).max(100).optional(),
  /** Default 30d. */
  window: span.optional(),
});
export type RemediationSettings = z.infer<typeof fields>;

export const remediationSettings = fields.refine((settings) => fitsWindow(autoSettings(settings)), {
  message: "expected a window longer than maxFlaps times coolDown: otherwise flapping is never found",
  path: ["window"],
});

export interface AutoSettings {
  readonly policies: readonly string[];
  readonly coolDownMs: number;
  readonly maxFlaps: number;
  readonly windowMs: number;
}

export function autoSettings(settings: RemediationSettings): AutoSettings {
  const { policies = [], coolDown = "24h", maxFlaps = 3, window = "30d" } = settings;
  return { policies: [...new Set(policies)], coolDownMs: spanMs(coolDown), maxFlaps, windowMs: spanMs(window) };
}

function fitsWindow({ coolDownMs, maxFlaps, windowMs }: AutoSettings): boolean {
  return windowMs > coolDownMs * maxFlaps;
}

function spanMs(text: string): number {
  const unit = { m: 60_000, h: 3_600_000, d: 86_400_000 }[text.slice(-1)] ?? 3_600_000;
  return Number(text.slice(0, -1)) * unit;
}
