// `parameters.actions` of portcullis.yaml, which the policies about actions read, with the limits of `actions:` put in. A slip in
// it would turn a policy off unseen, so that what is not known here is refused.
import { z } from "zod";
import { PortcullisError } from "../errors.js";
import type { JsonObject } from "../json.js";
import { actionModules } from "./action.js";
import type { ActionSettings } from "./action-settings.js";

const names = z.array(z.string().min(1).max(256)).max(1_000);
const modules = z.array(z.enum(actionModules)).max(actionModules.length);
/** What policies can count in nanoseconds: a freeze until 9999 would be no time at all to them, and so no freeze. */
const instant = z.iso.datetime({ offset: true }).refine((text) => {
  const year = new Date(text).getUTCFullYear();
  return year >= 1678 && year <= 2261;
}, "expected a time in the years 1678 to 2261");
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a time of day such as 09:30");
/** As the engine's table of zones writes it: it does not know `america/new_york`, and a zone that is not known is never within hours. */
const zone = z.string().refine(isZone, "expected a time zone such as America/New_York").transform(canonicalZone);
const weekday = z.enum(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]);
const hours = {
  days: z.array(weekday).min(1).max(7),
  from: clockTime,
  to: clockTime,
  zone: zone.optional(),
};
const inOrder = [
  ({ from, to }: { readonly from: string; readonly to: string }) => from < to,
  "expected from to be before to: hours over midnight are two entries",
] as const;
const amount = z.number().min(0).max(1e12);

const actionParameters = z.strictObject({
  /** Environments that are production. */
  production: names.optional(),
  /** Accounts that are production whatever they are tagged. */
  productionAccounts: names.optional(),
  freezes: z
    .array(
      z
        .strictObject({
          reason: z.string().min(1).max(1_000),
          from: instant,
          to: instant,
          environments: names.optional(),
          except: modules.optional(),
        })
        .refine(({ from, to }) => Date.parse(from) < Date.parse(to), "expected from to be before to"),
    )
    .max(1_000)
    .optional(),
  /** When production may be changed without being asked why. */
  windows: z
    .array(z.strictObject(hours).refine(...inOrder))
    .max(100)
    .optional(),
  /** When the market is open. */
  tradingHours: z
    .array(z.strictObject({ ...hours, market: z.string().min(1).max(256) }).refine(...inOrder))
    .max(100)
    .optional(),
  limits: z
    .strictObject({
      resources: z.number().int().min(1).max(100_000).optional(),
      creates: z.number().int().min(1).max(100_000).optional(),
      share: z.number().gt(0).max(1).optional(),
      accounts: z.number().int().min(1).max(10_000).optional(),
      regions: z.number().int().min(1).max(1_000).optional(),
    })
    .optional(),
  /** A month, in the currency of the estimates. */
  cost: z.strictObject({ approve: amount.optional(), most: amount.optional() }).optional(),
  /** Types of resources whose data is gone when they are. */
  dataStores: names.optional(),
});

export interface GateLimits {
  readonly protectedTags: readonly string[];
  readonly decisionMinutes: number;
  readonly breakerMinutes: number;
  /** `data.parameters`, for every policy. */
  readonly parameters: JsonObject;
}

/** Throws PortcullisError `config-invalid` for what no policy would understand. */
export function gateLimits(settings: ActionSettings, parameters: JsonObject): GateLimits {
  const parsed = actionParameters.safeParse(parameters["actions"] ?? {});
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(
      ({ path, message }) => `  parameters.${["actions", ...path].join(".")}: ${message}`,
    );
    throw new PortcullisError(
      "config-invalid",
      `the parameters of the policies about actions are wrong:\n${wrong.join("\n")}`,
    );
  }
  const { limits = {} } = settings;
  const breakerMinutes = limits.breakerMinutes ?? 60;
  const merged = {
    resources: limits.resources ?? parsed.data.limits?.resources ?? 25,
    creates: parsed.data.limits?.creates ?? 250,
    share: limits.share ?? parsed.data.limits?.share ?? 0.25,
    accounts: parsed.data.limits?.accounts ?? 1,
    regions: parsed.data.limits?.regions ?? 1,
    breaker: limits.breaker ?? 3,
  };
  const actions: JsonObject = { ...(parsed.data as JsonObject), limits: merged };
  return {
    ...{ protectedTags: settings.protected ?? ["portcullis:protected=true"], breakerMinutes },
    ...{ decisionMinutes: settings.decisionMinutes ?? 60, parameters: { ...parameters, actions } },
  };
}

function canonicalZone(name: string): string {
  return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
