// Keeps secrets out of what is shown and stored.
const secretName = /passw(or)?d|pwd|secret|token|key|credential/i;
const accessKeyId = /^(AKIA|ASIA)[A-Z0-9]{16}$/;
const reference = /^(arn:|kms:|ssm:|secretsmanager:|alias\/|\{\{|\$\{)/;
/** A parameter's path. 40 characters is what AWS's own secret keys have, and they may begin with a slash. */
const parameterPath = /^(?!.{40}$)(\/[\w.-]+)+$/;
const privateKey = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----/;
const passwordInUrl = /(:\/\/[^:@/\s]*:)[^@/\s]+@/g;

/**
 * A text as it may be kept, by the name it goes by. What looks like a secret, by its name or by itself, is replaced so that
 * it still shows that there was one; the names of secrets that are kept elsewhere stay, and so do the ids of access keys,
 * which are no secrets.
 */
export function keepable(name: string, value: string): string {
  const marker = privateKey.exec(value);
  if (marker !== null) return `-----BEGIN ${marker[1] ?? ""}PRIVATE KEY-----<redacted>`;
  const isReference = reference.test(value) || parameterPath.test(value);
  if (!secretName.test(name) || isReference || accessKeyId.test(value))
    return value.replace(passwordInUrl, "$1<redacted>@");
  // A short value stays a short one: it may be too short to be a secret at all.
  return value.length < 10 ? "*".repeat(value.length) : "<redacted>";
}
