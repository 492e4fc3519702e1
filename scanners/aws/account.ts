// Who is scanned: the caller's own account, and others through a role.
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { Limiter } from "../../src/concurrency.js";
import { Clients, type ClientSettings, type Credentials, type CredentialSource } from "./clients.js";
import { UnreadableAnswer } from "./refusal.js";

export interface AccountAccess {
  readonly account: string;
  readonly credentials: CredentialSource;
}

export async function callerAccount(clients: Clients, region: string): Promise<string> {
  const { Account } = await clients.of(STSClient, region).send(new GetCallerIdentityCommand({}));
  if (Account === undefined || !/^\d{12}$/.test(Account)) throw new UnreadableAnswer("the answer names no account");
  return Account;
}

/** The region of the SDK's own configuration (environment, profile), or null. */
export async function configuredRegion(): Promise<string | null> {
  const client = new STSClient({});
  try {
    return await client.config.region();
  } catch {
    return null;
  } finally {
    client.destroy();
  }
}

/** The SDK's own credentials, found once and shared: each client would look for them again, profile by profile. */
export function configuredCredentials(region: string): CredentialSource {
  const client = new STSClient({ region });
  return client.config.credentials;
}

const refreshBeforeMs = 5 * 60_000;

/** The role's credentials, assumed when first needed and again before they expire: a scan can take longer than they last. */
export function assumedRole(settings: ClientSettings, region: string, roleArn: string): CredentialSource {
  // Calls that wait for credentials hold their place in the limiter: whoever fetches the credentials must not wait for one.
  const clients = new Clients({ ...settings, limiter: new Limiter(1) });
  let current: Promise<Credentials> | undefined;
  let expires = 0;
  return () => {
    if (current === undefined || Date.now() > expires - refreshBeforeMs) {
      expires = Number.POSITIVE_INFINITY;
      current = assume(clients, region, roleArn).then(
        (credentials) => {
          expires = credentials.expiration?.getTime() ?? 0;
          return credentials;
        },
        (error: unknown) => {
          current = undefined;
          throw error;
        },
      );
    }
    return current;
  };
}

async function assume(clients: Clients, region: string, roleArn: string): Promise<Credentials> {
  const command = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "portcullis-scan" });
  const { Credentials: given } = await clients.of(STSClient, region).send(command);
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
    throw new UnreadableAnswer("the answer has no credentials in it");
  }
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  return Expiration === undefined ? credentials : { ...credentials, expiration: Expiration };
}
