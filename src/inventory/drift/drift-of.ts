// The drift of one resource. Pure: the same two sides give the same answer, and a resource has none from itself.
import { isObject, own, setOwn, type Json, type JsonObject } from "../../json.js";
import { redactJson } from "../../redact.js";
import { canonicalText, isSame } from "./canonical-text.js";
import { covered } from "./coverage.js";
import { differences } from "./difference.js";
import { withoutDoubts } from "./doubts.js";
import type { DesiredResource, Drift, LiveResource } from "./drift.js";
import { setByProvider } from "./defaults.js";
import { hiddenValues } from "./hidden.js";
import { withoutSecrets } from "./secrets.js";
import { normalForm } from "./normal-form.js";

/** What of a resource differs from what was wanted, with secrets taken out, and what could not be compared. */
export function driftOf(desired: DesiredResource, live: LiveResource): Drift {
  const observed = desired.redacted ? withoutSecretsOf(live) : live;
  const sides = {
    desired: { config: covered(desired.config, desired.coverage), tags: ownTags(desired.tags) },
    live: { config: covered(observed.config, desired.coverage), tags: ownTags(observed.tags) },
  };
  const { unknown, ...rest } = withoutDoubts(sides, desired, observed);
  const account = live.account;
  const wantedForm = formOf(desired, rest.desired, account);
  const found = withoutSetByProvider(desired, formOf(desired, rest.live, account));
  const wanted = aligned(desired.type, wantedForm, found);
  const changes = [
    ...differences(wanted.config, found.config, ["config"]),
    ...differences(wanted.tags, found.tags, ["tags"]),
  ];
  const hidden = hiddenValues(wanted, found, changes);
  return {
    changes: withoutSecrets(changes, { wanted, found, secrets: desired.secrets }),
    unknown: desired.redacted ? unknown : [...unknown, ...hidden],
    withheld: desired.redacted ? hidden : [],
  };
}

function withoutSecretsOf(live: LiveResource): LiveResource {
  const clean = redactJson({ config: live.config }).value;
  const config = isObject(clean) ? own(clean, "config") : undefined;
  return { ...live, config: isObject(config) ? config : {} };
}

export interface NormalSide {
  readonly config: JsonObject;
  readonly tags: JsonObject;
}

function formOf({ type }: DesiredResource, side: JsonObject, account: string | null): NormalSide {
  const [config, tags] = [own(side, "config"), own(side, "tags")];
  return { config: isObject(config) ? normalForm(type, config, account) : {}, tags: isObject(tags) ? tags : {} };
}

/** Where the desired state says nothing of the property at all; `false` is something. */
function withoutSetByProvider({ type, config }: DesiredResource, found: NormalSide): NormalSide {
  const kept: { [key: string]: Json } = {};
  const defaults = own(setByProvider, type) ?? {};
  for (const [property, value] of Object.entries(found.config)) {
    const isSilent = (own(config, property) ?? null) === null;
    const values = isSilent ? (own(defaults, property) ?? []) : [];
    if (!values.some((one) => isSame(one, value))) setOwn(kept, property, value);
  }
  return { ...found, config: kept };
}

/** Of a version that is wanted as `15`, any `15.x` is one: AWS chooses it. */
function aligned(type: string, wanted: NormalSide, found: NormalSide): NormalSide {
  if (!type.startsWith("AWS::RDS::")) return wanted;
  const [version, live] = [own(wanted.config, "EngineVersion"), own(found.config, "EngineVersion")];
  if (version === undefined || live === undefined) return wanted;
  const texts = [version, live].map((one) => (typeof one === "string" ? one : canonicalText(one)));
  if (texts[1]?.startsWith(`${texts[0] ?? ""}.`) !== true) return wanted;
  return { ...wanted, config: { ...wanted.config, EngineVersion: live } };
}

/** Tags that AWS sets itself nobody can want. */
function ownTags(tags: { readonly [key: string]: string }): JsonObject {
  const kept: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(tags)) if (!key.startsWith("aws:")) setOwn(kept, key, value);
  return kept;
}
