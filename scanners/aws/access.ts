// The SDK's clients in an account, for whoever has more to do there than to read: the caller's own account, others through a role.
import { PortcullisError } from "../../src/errors.js";
import { partitionOf } from "../../src/inventory/aws-partition.js";
import { assumedRole, callerAccount, configuredCredentials, configuredRegion } from "./account.js";
import { Clients, type ClientSettings } from "./clients.js";
import { Limiter } from "../../src/concurrency.js";

export interface AwsAccess {
  /** The region of the SDK's own configuration, or null. */
  readonly region: string | null;
  /** Throws where the account is not the caller's and no role is given, or the role is another account's. */
  clientsOf(account: string): Promise<Clients>;
  close(): void;
}

export interface AwsAccessOptions {
  readonly endpointUrl: string | null;
  /** The role to assume in accounts that are not the caller's. */
  readonly roleName: string | null;
  readonly maxAttempts?: number;
  readonly requestTimeoutMs?: number;
}

export async function awsAccess(options: AwsAccessOptions): Promise<AwsAccess> {
  const region = await configuredRegion();
  const home = region ?? "us-east-1";
  const { endpointUrl, maxAttempts = 6, requestTimeoutMs = 30_000 } = options;
  const credentials = configuredCredentials(home);
  const settings = { endpointUrl, credentials, maxAttempts, requestTimeoutMs, limiter: new Limiter(8) };
  const own = new Clients(settings);
  const others = new Map<string, Promise<Clients>>();
  const opened: Clients[] = [own];
  let caller: Promise<string> | undefined;
  return {
    region,
    clientsOf: async (account) => {
      caller ??= callerAccount(own, home);
      if (account === (await caller)) return own;
      const other =
        others.get(account) ?? openOther(account, { home, settings, caller: await caller, options, opened });
      others.set(account, other);
      return other;
    },
    close: () => {
      for (const clients of opened) clients.destroy();
    },
  };
}

interface Opening {
  readonly home: string;
  readonly settings: ClientSettings;
  readonly caller: string;
  readonly options: AwsAccessOptions;
  readonly opened: Clients[];
}

async function openOther(account: string, { home, settings, caller, options, opened }: Opening): Promise<Clients> {
  const { roleName } = options;
  if (roleName === null)
    throw new PortcullisError(
      "provider-unavailable",
      `account ${account} is not the caller's (${caller}): name a role to assume in it (--role-name)`,
    );
  const role = `arn:${partitionOf(home)}:iam::${account}:role/${roleName.replace(/^\/+/, "")}`;
  const clients = new Clients({ ...settings, credentials: assumedRole(settings, home, role) });
  opened.push(clients);
  const actual = await callerAccount(clients, home);
  if (actual === account) return clients;
  throw new PortcullisError(
    "provider-unavailable",
    `the role assumed for account ${account} belongs to account ${actual}`,
  );
}
