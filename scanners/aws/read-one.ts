// One resource, read again in full by the code that scans: before and after it is changed the policies see what a scan would show.
import type { Clock } from "../../src/clock.js";
import { PortcullisError } from "../../src/errors.js";
import type { ScannedResource } from "../../src/inventory/scan-item.js";
import { partitionOf } from "./arn.js";
import type { Clients } from "./clients.js";
import { Gone } from "./draft.js";
import { explain } from "./refusal.js";
import type { AwsContext, Read } from "./service.js";
import { awsServices } from "./services/index.js";

export interface OneResource {
  readonly id: string;
  readonly type: string;
  readonly account: string;
  /** Null for what belongs to the whole account. */
  readonly region: string | null;
}

export interface ReadingOptions {
  readonly clients: Clients;
  /** Where calls go that belong to no region. */
  readonly home: string;
  readonly clock: Clock;
  readonly uri: string;
}

const readers: ReadonlyMap<string, Read> = new Map(
  awsServices.flatMap(({ reads }) =>
    reads.flatMap((read) => (read.one === undefined ? [] : read.types.map((type) => [type, read] as const))),
  ),
);

/** Always from the service itself, never from AWS Config's records. Null where it is not there; throws `provider-unavailable`. */
export async function readOne(one: OneResource, options: ReadingOptions): Promise<ScannedResource | null> {
  const read = readers.get(one.type);
  if (read?.one === undefined) throw new PortcullisError("usage", `a single ${one.type} cannot be read`);
  const found = await read.one(contextOf(one, options), one.id).catch((error: unknown) => {
    if (error instanceof Gone) return null;
    throw new PortcullisError("provider-unavailable", explain(error, read.at), { cause: error });
  });
  if (found?.kind === "problem") throw new PortcullisError("provider-unavailable", found.message);
  // Another type or another owner under the same name is another thing.
  return found?.resource.id === one.id && found.resource.type === one.type ? found : null;
}

function contextOf({ account, region }: OneResource, { clients, home, clock, uri }: ReadingOptions): AwsContext {
  const place = region ?? home;
  return {
    ...{ account, clients, clock, uri, region: place, regions: [place], partition: partitionOf(place), width: 4 },
    recorded: () => Promise.resolve(null),
    claim: () => true,
  };
}
