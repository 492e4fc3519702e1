// Reads live AWS accounts. It calls only what reads (Get, List, Describe, ...), and what was refused is a result like any other.
import type { Clock } from "../../src/clock.js";
import type { ScanItem, ScanProblem } from "../../src/inventory/scan-item.js";
import { assumedRole, callerAccount, configuredCredentials, configuredRegion } from "./account.js";
import { partitionOf } from "./arn.js";
import { Clients, type ClientSettings } from "./clients.js";
import { Limiter, merge } from "../../src/concurrency.js";
import { recordedConfig, type RecordedConfig } from "./config.js";
import { incomplete, refused, type Unseen } from "./refusal.js";
import { accountRegions, type Regions } from "./regions.js";
import type { AwsContext, AwsService, Read } from "./service.js";
import { awsServices } from "./services/index.js";

export interface AwsScanOptions {
  /** Null: the region of the SDK's configuration, or every enabled region of the account where none is configured. */
  readonly regions: readonly string[] | null;
  /** One endpoint for every service. The SDK's own AWS_ENDPOINT_URL works too, with null here. */
  readonly endpointUrl: string | null;
  /** Empty: the caller's account. Others are read through `roleName`. */
  readonly accounts: readonly string[];
  /** The role to assume in accounts that are not the caller's. */
  readonly roleName: string | null;
  /** Calls under way at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly progress?: (message: string) => void;
  /** Such as `s3`, `ec2`; empty or absent: all. */
  readonly services?: readonly string[];
  /** Read from AWS Config where its recorder can be trusted. Default true. */
  readonly useConfig?: boolean;
  /** Attempts a call, the first one included. Default 6. */
  readonly maxAttempts?: number;
  /** Default 30 seconds. */
  readonly requestTimeoutMs?: number;
  /** Where several scans share the bound on calls under way. */
  readonly limiter?: Limiter;
}

/** All the types that this scanner can yield. */
export function awsTypes(): string[] {
  return typesOf(awsServices);
}

export function awsServiceNames(): string[] {
  return awsServices.map(({ service }) => service);
}

/** Everything that can be read, as it comes, in no fixed order. Never throws: what was refused is a problem. */
export async function* scanAws(options: AwsScanOptions): AsyncGenerator<ScanItem> {
  const services = awsServices.filter(
    ({ service }) => (options.services ?? []).length === 0 || options.services?.includes(service),
  );
  yield* unknownServices(options.services ?? []);
  if (services.length > 0) yield* new Scan(options, services).run();
}

export function unknownServices(names: readonly string[]): ScanProblem[] {
  const unknown = names.filter((name) => !awsServices.some(({ service }) => service === name));
  return unknown.map((name) =>
    incomplete(`no service ${name}: expected one of ${awsServiceNames().join(", ")}`, { ...unseenAll([]), at: "aws" }),
  );
}

/** An account as it is to be read: what was found out before the first service is asked. */
export interface PlannedAccount {
  readonly kind: "account";
  readonly account: string;
  readonly regions: readonly string[];
  /** Where calls go that belong to no region. */
  readonly home: string;
  readonly clients: Clients;
}

export class Scan {
  readonly #options: AwsScanOptions;
  readonly #services: readonly AwsService[];
  readonly #limiter: Limiter;

  constructor(options: AwsScanOptions, services: readonly AwsService[]) {
    this.#options = options;
    this.#services = services;
    this.#limiter = options.limiter ?? new Limiter(this.#width);
  }

  get #width(): number {
    return Math.max(1, Math.min(64, Math.trunc(this.#options.concurrency) || 1));
  }

  get #settings(): ClientSettings {
    const { endpointUrl, maxAttempts = 6, requestTimeoutMs = 30_000 } = this.#options;
    return { endpointUrl, credentials: null, maxAttempts, requestTimeoutMs, limiter: this.#limiter };
  }

  async *run(): AsyncGenerator<ScanItem> {
    for await (const part of this.plan()) {
      if (part.kind === "problem") yield part;
      else yield* this.read(part);
    }
  }

  /** The accounts that can be read, each with clients that live until the next one is asked for, and what stands in the way. */
  async *plan(): AsyncGenerator<PlannedAccount | ScanProblem> {
    const configured = await configuredRegion();
    const home = configured ?? this.#options.regions?.[0] ?? "us-east-1";
    const from = this.#origin(home, configured);
    const clients = new Clients(from.settings);
    try {
      const caller = await callerAccount(clients, home);
      const accounts = this.#options.accounts.length === 0 ? [caller] : new Set(this.#options.accounts);
      for (const account of accounts) yield* this.#account(account, caller, from);
    } catch (error) {
      yield refused(error, { ...unseenAll(this.#services), at: "sts:GetCallerIdentity", region: home });
    } finally {
      clients.destroy();
    }
  }

  #origin(home: string, configured: string | null): Origin {
    return { settings: { ...this.#settings, credentials: configuredCredentials(home) }, home, configured };
  }

  /** Clients in an account that was planned before, perhaps by another process. Throws where the account cannot be had. */
  async open(account: string, home: string): Promise<Clients> {
    const from = this.#origin(home, null);
    const own = new Clients(from.settings);
    const caller = await callerAccount(own, home);
    if (account === caller) return own;
    own.destroy();
    if (this.#options.roleName === null)
      throw new Error(`account ${account} is not the caller's (${caller}): name a role to assume in it`);
    const clients = new Clients({ ...from.settings, credentials: this.#roleIn(account, from) });
    const actual = await callerAccount(clients, home);
    if (actual === account) return clients;
    throw new Error(`the role assumed for account ${account} belongs to account ${actual}`);
  }

  async *#account(account: string, caller: string, from: Origin): AsyncGenerator<PlannedAccount | ScanProblem> {
    const unseen = { ...unseenAll(this.#services), account, at: "sts:AssumeRole" };
    if (!/^\d{12}$/.test(account)) {
      yield incomplete(`account ${account.slice(0, 40)}: expected 12 digits`, unseen);
      return;
    }
    if (account !== caller && this.#options.roleName === null) {
      yield incomplete(
        `account ${account} is not the caller's (${caller}): name a role to assume in it (--role-name)`,
        unseen,
      );
      return;
    }
    const settings =
      account === caller ? from.settings : { ...from.settings, credentials: this.#roleIn(account, from) };
    const clients = new Clients(settings);
    try {
      const actual = account === caller ? caller : await callerAccount(clients, from.home);
      if (actual === account) yield* this.#regionsOf(account, clients, from);
      else yield incomplete(`the role assumed for account ${account} belongs to account ${actual}`, unseen);
    } catch (error) {
      yield refused(error, unseen);
    } finally {
      clients.destroy();
    }
  }

  #roleIn(account: string, { settings, home }: Origin): () => ReturnType<ReturnType<typeof assumedRole>> {
    const role = (this.#options.roleName ?? "").replace(/^\/+/, "");
    return assumedRole(settings, home, `arn:${partitionOf(home)}:iam::${account}:role/${role}`);
  }

  async *#regionsOf(
    account: string,
    clients: Clients,
    { home, configured }: Origin,
  ): AsyncGenerator<PlannedAccount | ScanProblem> {
    const asked = this.#options.regions ?? (configured === null ? null : [configured]);
    const unseen = { ...unseenAll(this.#services), account, at: "ec2:DescribeRegions" };
    let known: Regions | null = null;
    try {
      known = await accountRegions(clients, home);
    } catch (error) {
      // Without the list the regions that were asked for can still be read: only "all" cannot be told.
      if (asked === null) {
        yield refused(error, unseen);
        return;
      }
    }
    if (asked === null && known !== null && known.disabled.length > 0) {
      this.#options.progress?.(`aws ${account}: regions not opted in to, skipped: ${known.disabled.join(", ")}`);
    }
    const wanted = [...new Set(asked ?? known?.enabled ?? [])];
    const isUsable = (region: string): boolean => known === null || known.enabled.includes(region);
    for (const region of wanted.filter((name) => !isUsable(name))) {
      const state =
        known?.disabled.includes(region) === true ? "is not enabled: opt in to it" : "does not exist: correct its name";
      yield incomplete(`region ${region.slice(0, 40)} ${state}, or leave it out (account ${account})`, {
        ...unseen,
        region,
      });
    }
    const regions = wanted.filter(isUsable);
    if (regions.length > 0) yield { kind: "account", account, regions, home, clients };
  }

  async *read({ account, regions, clients, home }: Omit<PlannedAccount, "kind">): AsyncGenerator<ScanItem> {
    const contextOf = this.#contexts(account, regions, clients);
    // The account's own services go where the caller's configuration points, unless that is in another partition.
    const first = regions[0] as string;
    const global = contextOf(partitionOf(home) === partitionOf(first) ? home : first);
    const jobs = this.#services.flatMap(({ scope, reads }) =>
      reads.flatMap((read) =>
        scope === "global"
          ? [() => this.#job(read, global, null)]
          : regions.map((region) => () => this.#job(read, contextOf(region), region)),
      ),
    );
    yield* merge(jobs, this.#width);
  }

  #contexts(account: string, regions: readonly string[], clients: Clients): (region: string) => AwsContext {
    const claimed = new Set<string>();
    const records = new Map<string, Promise<RecordedConfig | null>>();
    const recorded = (region: string): Promise<RecordedConfig | null> => {
      const known =
        records.get(region) ??
        (this.#options.useConfig === false ? Promise.resolve(null) : recordedConfig(clients, region));
      records.set(region, known);
      return known;
    };
    const claim = (id: string): boolean => claimed.size < claimed.add(id).size;
    const { clock, endpointUrl } = this.#options;
    const shared = { account, regions, clients, recorded, claim, width: this.#width, clock, uri: endpointUrl ?? "aws" };
    return (region) => ({ ...shared, region, partition: partitionOf(region) });
  }

  async *#job(read: Read, context: AwsContext, region: string | null): AsyncGenerator<ScanItem> {
    const place = region ?? "global";
    let count = 0;
    try {
      for await (const item of read.read(context)) {
        count++;
        yield item;
      }
      this.#options.progress?.(`aws ${context.account} ${place}: ${read.at}, ${count} read`);
    } catch (error) {
      yield refused(error, { at: read.at, hides: read.types, account: context.account, region });
    }
  }
}

interface Origin {
  readonly settings: ClientSettings;
  readonly home: string;
  readonly configured: string | null;
}

export function typesOf(services: readonly AwsService[]): string[] {
  return [...new Set(services.flatMap(({ reads }) => reads.flatMap(({ types }) => types)))];
}

function unseenAll(services: readonly AwsService[]): Omit<Unseen, "at"> {
  return { hides: typesOf(services), account: null, region: null };
}
