// What to make of an error that the SDK throws: its name, a message that is safe to show, and the call that failed.
import type { ScanProblem } from "../../src/inventory/scan-item.js";

/** The operation that an error comes from, noted by the clients' middleware. */
const operations = new WeakMap<object, string>();

export function noteOperation(error: unknown, operation: string): void {
  if (typeof error === "object" && error !== null && !operations.has(error)) operations.set(error, operation);
}

export function operationOf(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? operations.get(error) : undefined;
}

/** An answer that is not AWS's: a page of HTML, a list without its member, a page that repeats. */
export class UnreadableAnswer extends Error {
  readonly $metadata: { readonly httpStatusCode: number | undefined };
  constructor(message: string, httpStatusCode?: number) {
    super(message);
    this.name = "UnreadableAnswer";
    this.$metadata = { httpStatusCode };
  }
}

export function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  const code = (error as { readonly Code?: unknown } | null)?.Code;
  return name === "Error" || name === "" ? (typeof code === "string" ? code : name) : name;
}

export function isNamed(error: unknown, names: readonly string[]): boolean {
  return names.includes(nameOf(error));
}

/** IAM actions whose names are not those of the operations they allow. */
const actions: ReadonlyMap<string, string> = new Map([
  ["s3:ListBuckets", "s3:ListAllMyBuckets"],
  ["s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"],
  ["s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"],
  ["s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"],
  ["s3:GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration"],
  ["s3:GetBucketReplication", "s3:GetReplicationConfiguration"],
  ["s3:GetBucketCors", "s3:GetBucketCORS"],
  ["s3:GetBucketNotificationConfiguration", "s3:GetBucketNotification"],
]);

const denied =
  /^(AccessDenied|AccessDeniedException|UnauthorizedOperation|AuthorizationError|AuthorizationErrorException|Forbidden)$/;
const badCredentials =
  /^(ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|AuthFailure|SignatureDoesNotMatch|InvalidAccessKeyId|RequestExpired|CredentialsProviderError|TokenRefreshRequired)$/;
const throttled =
  /^(Throttl\w*|TooManyRequestsException|RequestLimitExceeded|SlowDown|RequestThrottled\w*|ProvisionedThroughputExceededException)$/;

/** What was refused, why, and what to do about it: safe to print. */
export function explain(error: unknown, at: string): string {
  const operation = operationOf(error) ?? at;
  return `${operation} ${reasonOf(error)}${adviceOf(error, operation)}`;
}

function reasonOf(error: unknown): string {
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: unknown } } | null)?.$metadata
    ?.httpStatusCode;
  const name = nameOf(error);
  if (error instanceof SyntaxError || error instanceof UnreadableAnswer) {
    return `got an answer that could not be read${typeof status === "number" ? ` (HTTP ${status})` : ""}: ${scrub(textOf(error))}`;
  }
  const text = scrub(textOf(error));
  const label = [name, typeof status === "number" ? `HTTP ${status}` : ""].filter((part) => part !== "").join(", ");
  return `was refused (${label === "" ? "no answer" : label})${text === "" ? "" : `: ${text}`}`;
}

function adviceOf(error: unknown, operation: string): string {
  const name = nameOf(error);
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: unknown } } | null)?.$metadata
    ?.httpStatusCode;
  if (badCredentials.test(name))
    return "; check the AWS credentials (environment, profile, role), they may be missing or expired";
  if (denied.test(name) || status === 403) return `; allow the IAM action ${actions.get(operation) ?? operation}`;
  if (throttled.test(name) || status === 429)
    return "; AWS throttled every attempt, try again with a lower --concurrency";
  if (error instanceof SyntaxError || error instanceof UnreadableAnswer)
    return "; is the endpoint AWS's, and does it offer this operation?";
  return "";
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") return error.errors.map(textOf).join("; ");
  // The SDK adds a hint on how to print the raw answer: no use to a reader, and printing it would show too much.
  return (error.message.split("\n")[0] ?? "").replace(/\s*Deserialization error:.*$/, "");
}

/** Without what looks like a secret, without control characters, and short. */
export function scrub(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, " ")
    .replace(/\b(AKIA|ASIA)[A-Z0-9]{8,}\b/g, "$1<redacted>")
    .replace(/[A-Za-z0-9/+=_-]{40,}/g, "<redacted>")
    .replace(
      /((?:secret|token|signature|credential|password)[\w-]*["']?\s*[=:]\s*["']?)[^\s"',;&]{6,}/gi,
      "$1<redacted>",
    )
    .slice(0, 500)
    .trim();
}

export interface Unseen {
  readonly at: string;
  readonly hides: readonly string[];
  readonly account: string | null;
  readonly region: string | null;
}

export function refused(error: unknown, unseen: Unseen): ScanProblem {
  return incomplete(explain(error, unseen.at), { ...unseen, at: operationOf(error) ?? unseen.at });
}

export function incomplete(message: string, unseen: Unseen): ScanProblem {
  return { kind: "problem", problem: "incomplete", line: null, column: null, message, ...unseen };
}
