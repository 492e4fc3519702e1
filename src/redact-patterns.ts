// Secrets that can be told by how they look, whatever they are called. Each pattern takes time in proportion to the text:
// what may repeat is bounded, or cannot begin in the middle of itself.

export const marker = "<redacted>";

interface Pattern {
  readonly find: RegExp;
  readonly replace: (match: string, ...groups: string[]) => string;
}

const all = (): string => marker;
/** Keeps what stands before the secret: the first group. */
const after = (_match: string, before = ""): string => before + marker;

const patterns: readonly Pattern[] = [
  {
    // An end that is missing takes the rest: a key that was cut off is one all the same.
    find: /-----BEGIN ([A-Z0-9 ]{0,40})PRIVATE KEY( BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
    replace: (_match, type = "") => `-----BEGIN ${type}PRIVATE KEY-----${marker}`,
  },
  { find: /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g, replace: all },
  { find: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64})/g, replace: all },
  { find: /(?<![A-Za-z0-9])(?:xox[abeoprs]-[\w-]{10,255}|xapp-\d-[\w-]{10,255})/g, replace: all },
  {
    find: /(hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/|webhook\.office\.com\/webhookb2\/)[\w/@-]+/g,
    replace: after,
  },
  {
    find: /(?<![A-Za-z0-9])(?:[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9+/]{16,255}={0,2})/g,
    replace: all,
  },
  // Our own: see src/api/identity/service-token.ts.
  { find: /ptc_[0-9A-Za-z]{12}_[0-9A-Za-z]{32,49}/g, replace: all },
  { find: /(?<![\w-])(?:AIza[\w-]{35}|ya29\.[\w-]{20,1024}|GOCSPX-[\w-]{28})/g, replace: all },
  {
    find: /(?<![A-Za-z0-9])(?:npm_[A-Za-z0-9]{36}|pypi-AgEI[\w-]{50,512}|dckr_pat_[\w-]{20,64}|hv[sb]\.[\w-]{24,512}|SG\.[\w-]{16,32}\.[\w-]{32,64}|sk-ant-[\w-]{20,255}|sk-proj-[\w-]{20,255}|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|AGE-SECRET-KEY-1[A-Z0-9]{58})/g,
    replace: all,
  },
  { find: /(:\/\/[^:@/\s]*:)[^@/\s]+(?=@)/g, replace: after },
  {
    // `Password=..;` of connection strings, `DB_PASSWORD=..` of scripts.
    find: /((?:passw(?:or)?d|passphrase|pwd|secret[_-]?(?:access[_-]?)?key|accountkey|sharedaccesskey|client[_-]?secret|(?:auth|access|api|refresh)[_-]?token|api[_-]?key)["']?\s{0,8}=\s{0,8}["']?)(?!["'\s;&]|[$%]?[({]|<)[^\s;&"']+/gi,
    replace: keepingReferences,
  },
  {
    find: /(?<![^\s"'])(--?(?:password|passwd|passphrase|secret|token|api-key|client-secret)(?:=|\s{1,8})["']?)(?![-$<"'\s])[^\s"']+/gi,
    replace: keepingReferences,
  },
  {
    find: /^(\s{0,80}[\w.-]{0,80}passw(?:or)?d["']?:\s{1,8}["']?)(?![\s"'<${[|>!]|(?:true|false|null)\b)[^\s"']+/gim,
    replace: keepingReferences,
  },
  {
    find: /([?&](?:sig|X-Amz-Signature|X-Goog-Signature|access_token|X-Amz-Security-Token)=)[\w%+/=.-]{10,}/gi,
    replace: after,
  },
  { find: /(?<![A-Za-z0-9])(Basic\s{1,4})([A-Za-z0-9+/_-]{8,4096}={0,2})/gi, replace: basic },
  { find: /(?<![A-Za-z0-9])(Bearer\s{1,4})(?=[^\s]{0,4096}\d)[\w.~+/-]{20,4096}=*/gi, replace: after },
];

/** Nothing of the patterns can match a text without one of these: most texts have none. */
const suspicious =
  /PRIVATE KEY|eyJ|ptc_|gh[pousr]_|github_pat_|glpat-|xox|xapp-|hooks|webhook|[sr]k_|whsec_|AIza|ya29|GOCSPX|npm_|pypi-|dckr_|hv[sb]\.|SG\.|sk-|dop_v1|shp|glsa_|AGE-|@|passw|passphrase|pwd|key|secret|token|sig|basic|bearer|A[KS]IA/i;

/** The text without what looks like a secret; the same text where there is none. */
export function withoutPatterns(text: string): string {
  if (text.length < 8 || !suspicious.test(text)) return text;
  let result = text;
  for (const { find, replace } of patterns) result = result.replace(find, replace);
  return accessKeyId.test(result) ? withoutSecretKeys(result) : result;
}

/** An id says whose key it is and is no secret; the secret key beside it is. */
const accessKeyId = /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/;
const secretKey = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;

export function isAccessKeyId(text: string): boolean {
  return text.length === 20 && accessKeyId.test(text);
}

export function withoutSecretKeys(text: string): string {
  return text.replace(secretKey, (found) => (isMixed(found) ? marker : found));
}

/** Digests are hexadecimal. */
function isMixed(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && !/^[0-9a-fA-F]+$/.test(text);
}

function keepingReferences(match: string, before = ""): string {
  return isReference(match.slice(before.length)) ? match : before + marker;
}

function basic(match: string, before = "", encoded = ""): string {
  return isBasicAuth(encoded) ? before + marker : match;
}

/** `user:password` in base 64. */
export function isBasicAuth(encoded: string): boolean {
  return /^[\x20-\x7e]*[^\s:]:[\x20-\x7e]+$/.test(Buffer.from(encoded.slice(0, 4_096), "base64").toString("latin1"));
}

const references = [
  /^arn:[\w-]+:[\w-]+:[\w-]*:\w*:\S+$/,
  /^alias\/[\w/-]+$/,
  /^\{\{[^{}]+\}\}$/,
  /^\$\{[^{}]+\}$/,
  /^\$\(?\w+\)?$/,
  /^(?:kms|ssm|secretsmanager|vault|op|awskms|gcpkms):[\w:/.#-]+$/,
  /^projects\/[\w-]+\/(?:secrets|locations)\/[\w/-]+$/,
  /^https:\/\/[\w-]+\.vault\.azure\.net\/(?:secrets|keys|certificates)\/[\w/-]+$/,
  /^@Microsoft\.KeyVault\([^()]*\)$/,
  /^\/aws\/reference\/[\w/-]+$/,
];

/** Says where a secret is kept, and not what it is. */
export function isReference(text: string): boolean {
  return text.length <= 2_048 && references.some((form) => form.test(text));
}
