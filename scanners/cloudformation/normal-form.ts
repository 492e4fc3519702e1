import { isObject, own, setOwn, type Json } from "../../src/json.js";

// CloudFormation takes "true" and "22" for true and 22: policies see the type that the schema says.
const booleans = new Set(
  `BlockPublicAcls BlockPublicPolicy IgnorePublicAcls RestrictPublicBuckets BucketKeyEnabled ObjectLockEnabled Encrypted StorageEncrypted
   PubliclyAccessible MultiAZ DeletionProtection AutoMinorVersionUpgrade CopyTagsToSnapshot EnableIAMDatabaseAuthentication
   EnableKeyRotation Enabled IsMultiRegionTrail EnableLogFileValidation IsLogging IncludeGlobalServiceEvents MapPublicIpOnLaunch
   AssociatePublicIpAddress EbsOptimized Monitoring DeletionProtectionEnabled PointInTimeRecoveryEnabled SSEEnabled SqsManagedSseEnabled
   ScanOnPush EndpointPublicAccess EndpointPrivateAccess AtRestEncryptionEnabled TransitEncryptionEnabled AutomaticFailoverEnabled
   MultiAZEnabled EnforceHTTPS InCluster RequireSymbols RequireNumbers RequireUppercaseCharacters RequireLowercaseCharacters`.split(
    /\s+/,
  ),
);
const numbers = new Set(
  "FromPort ToPort Port BackupRetentionPeriod RetentionInDays AutomaticallyAfterDays PendingWindowInDays AllocatedStorage Size HttpPutResponseHopLimit".split(
    " ",
  ),
);
/** Policy documents, wherever they stand: as JSON text they are parsed. */
const documents = new Set([
  "PolicyDocument",
  "AssumeRolePolicyDocument",
  "KeyPolicy",
  "ResourcePolicy",
  "RepositoryPolicyText",
]);

export function normalForm(value: Json, key: string | null = null): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((element) => normalForm(element));
  if (typeof value === "string") return key === null ? value : text(value, key);
  if (!isObject(value)) return value;
  const object: { [key: string]: Json } = {};
  for (const [name, child] of Object.entries(value)) setOwn(object, name, normalForm(child, name));
  // Pairs whose value is text by the schema, whatever YAML made of `true` and `60`.
  const pair = own(object, "Value");
  if (Object.hasOwn(object, "Key") && (typeof pair === "boolean" || typeof pair === "number"))
    object["Value"] = String(pair);
  return object;
}

function text(value: string, key: string): Json {
  if (booleans.has(key) && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  if (numbers.has(key) && /^-?\d{1,9}$/.test(value)) return Number(value);
  if (!documents.has(key)) return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
