// Which names of properties say that the value is a secret. Names are compared without case and separators, so that
// `MasterUserPassword`, `master_user_password` and `MASTER-USER-PASSWORD` are one.
import { withoutPatterns } from "./redact-patterns.js";

/** `secret`: the value, and what an object below holds as its value. `whole`: all of it. `environment`: variables. */
export type NameKind = "secret" | "password" | "whole" | "environment" | "auth" | "none";

interface Judged {
  readonly kind: NameKind;
  readonly clean: string;
}

const known = new Map<string, Judged>();
const maximumKnown = 10_000;

export function kindOfName(name: string): NameKind {
  return judged(name).kind;
}

/** The name without what looks like a secret: a map may have one as a key. */
export function cleanName(name: string): string {
  return judged(name).clean;
}

/** Remembered: the same few hundred names come a million times in a scan. */
function judged(name: string): Judged {
  const before = known.get(name);
  if (before !== undefined) return before;
  const result = { kind: judge(name), clean: withoutPatterns(name) };
  if (known.size >= maximumKnown) known.clear();
  if (name.length <= 200) known.set(name, result);
  return result;
}

/** The name of what holds a value, and says nothing of it: `password: {"value": ".."}`. */
export function isForm(name: string): boolean {
  return /^(?:values?|plain_?text|text|string|data|default|content|current|previous|raw|secure_?value)$/i.test(name);
}

const whole = new Set([
  ...["userdata", "userdatabase64", "customdata", "startupscript", "metadatastartupscript", "cloudinit"],
  ...["windowsstartupscriptps1", "protectedsettings", "protectedsettingsjson", "dockerconfigjson", "dockercfg"],
  ...["kubeconfig", "kubeconfigraw", "kubeadminpassword"],
]);
const environments = /(environmentvariables|appsettings)$/;
/** What says of a secret how it is written down: `SecretString`, `privateKeyPem`, `client-key-data`. */
const form =
  /(value|string|text|plaintext|plain|base64|b64|binary|material|content|contents|pem|data|hash|default|current|previous|\d+)$/;
const passwords = /(passwords?|passwds?|pwd|passphrases?|passcodes?)$/;
const connections = /(connectionstrings?|connstr|connstring)$/;
const secrets = /(secrets?|tokens?|credentials?|sharedaccesssignature)$/;
const keys =
  /(private|secret|access|secretaccess|api|account|shared|master|signing|storage|session|auth|license|raw|customer|tls|ssl|client|server|hmac|pgp|gpg)keys?$/;
/** The name of something public or of a reference, although its end reads like a secret. */
const exceptions =
  /(publickeys?|kmskeys?|kmsmasterkeys?|kmsclientkeys?|idempotencytoken|nexttoken|clienttoken|clientrequesttoken)$/;

function judge(name: string): NameKind {
  const joined = name
    .slice(-200)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
  if (whole.has(joined)) return "whole";
  if (environments.test(joined)) return "environment";
  if (joined === "auth") return "auth";
  if (connections.test(joined)) return "secret";
  const bare = withoutForm(joined);
  if (exceptions.test(joined) || exceptions.test(bare)) return "none";
  if (passwords.test(bare)) return "password";
  return secrets.test(bare) || keys.test(bare) ? "secret" : "none";
}

function withoutForm(joined: string): string {
  let bare = joined;
  for (let times = 0; times < 3; times++) bare = bare.replace(form, "");
  return bare;
}
