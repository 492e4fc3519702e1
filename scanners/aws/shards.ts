// A scan of AWS in pieces: one for each account, region and service; what is global, or shows in several regions, once an account.
import type { Clock } from "../../src/clock.js";
import { Limiter } from "../../src/concurrency.js";
import type { ScanItem, ScanProblem } from "../../src/inventory/scan-item.js";
import type { Json } from "../../src/json.js";
import type { ScanScope, ShardSource, ShardTarget } from "../../src/scanning/shard-source.js";
import type { Clients } from "./clients.js";
import { awsServiceNames, Scan, typesOf, unknownServices, type AwsScanOptions, type PlannedAccount } from "./index.js";
import { refused } from "./refusal.js";
import type { AwsService } from "./service.js";
import { awsServices } from "./services/index.js";

export interface AwsShardOptions {
  readonly endpointUrl: string | null;
  /** Calls under way at once, in the whole process. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly progress?: (message: string) => void;
}

export function awsShards(options: AwsShardOptions): ShardSource {
  return new AwsShards(options);
}

/** An account is opened again after so long: a role may have been taken away meanwhile. */
const openForMs = 10 * 60_000;

class AwsShards implements ShardSource {
  readonly #options: AwsShardOptions;
  readonly #limiter: Limiter;
  readonly #open = new Map<string, { readonly clients: Promise<Clients>; readonly until: number }>();

  constructor(options: AwsShardOptions) {
    this.#options = options;
    this.#limiter = new Limiter(options.concurrency);
  }

  async *plan(scope: ScanScope): AsyncGenerator<ShardTarget | ScanProblem> {
    yield* unknownServices(scope.services);
    const services = servicesOf(scope.services);
    if (services.length === 0) return;
    for await (const part of this.#scan(scope, services).plan()) {
      if (part.kind === "problem") yield part;
      else yield* services.flatMap((service) => targetsOf(part, service));
    }
  }

  async *read(target: ShardTarget, scope: ScanScope): AsyncGenerator<ScanItem> {
    const services = servicesOf([target.service]);
    const scan = this.#scan(scope, services);
    const { account, region } = target;
    const home = textOf(target.details["home"]);
    if (account === null || services.length === 0) throw new Error(`no shard of AWS: ${target.service}`);
    const regions = region === null ? textsOf(target.details["regions"]) : [region];
    let clients: Clients;
    try {
      clients = await this.#clients(scan, { account, home, role: scope.roleName });
    } catch (error) {
      yield refused(error, { at: "sts:AssumeRole", hides: typesOf(services), account, region });
      return;
    }
    yield* scan.read({ account, regions, home, clients });
  }

  typesOf({ service }: ShardTarget): readonly string[] {
    return typesOf(servicesOf([service]));
  }

  close(): void {
    for (const { clients } of this.#open.values()) {
      void clients.then(
        (opened) => {
          opened.destroy();
        },
        () => undefined,
      );
    }
    this.#open.clear();
  }

  #scan(scope: ScanScope, services: readonly AwsService[]): Scan {
    const options: AwsScanOptions = { ...this.#options, ...scope, limiter: this.#limiter };
    return new Scan(options, services);
  }

  /** Shards of one account share its clients, and so its credentials: to assume the role for each would be refused as too much. */
  #clients(
    scan: Scan,
    { account, home, role }: { account: string; home: string; role: string | null },
  ): Promise<Clients> {
    const key = JSON.stringify([account, home, role]);
    const known = this.#open.get(key);
    const now = performance.now();
    if (known !== undefined && known.until > now) return known.clients;
    const clients = scan.open(account, home);
    this.#open.set(key, { clients, until: now + openForMs });
    clients.catch(() => this.#open.delete(key));
    return clients;
  }
}

function servicesOf(names: readonly string[]): readonly AwsService[] {
  return awsServices.filter(({ service }) => names.length === 0 || names.includes(service));
}

function targetsOf(
  { account, regions, home }: PlannedAccount,
  { service, scope, isShared }: AwsService,
): ShardTarget[] {
  const shard = { kind: "shard", provider: "aws", account, service } as const;
  if (scope === "global" || isShared === true) return [{ ...shard, region: null, details: { home, regions } }];
  return regions.map((region) => ({ ...shard, region, details: { home } }));
}

function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  throw new Error(`a shard of AWS without its place; services are ${awsServiceNames().join(", ")}`);
}

function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}
