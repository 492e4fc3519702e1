// What a service's file gives to the scanner. It says what it reads; refusals, bounds and clients are the scanner's.
import type { ScannedResource, ScanProblem } from "../../src/inventory/scan-item.js";
import type { Clock } from "../../src/clock.js";
import type { Clients } from "./clients.js";
import type { RecordedConfig } from "./config.js";

export interface AwsService {
  /** As in IAM actions and `--service`: `s3`, `ec2`, `elasticloadbalancing`. */
  readonly service: string;
  /** `global` services are read once an account, the others once a region. */
  readonly scope: "global" | "region";
  /** What several regions show is one thing: a scan that is split reads all regions of an account in one piece. */
  readonly isShared?: true;
  readonly reads: readonly Read[];
}

/** One list call and what belongs to it. */
export interface Read {
  /** What goes unseen when this read is refused. */
  readonly types: readonly string[];
  /** The call that lists, as `service:Operation`: named in a problem where the failing call is not known. */
  readonly at: string;
  /** Yields as it goes. Throws when the listing is refused: everything in `types` then counts as unseen. */
  read(context: AwsContext): AsyncIterable<ScannedResource | ScanProblem>;
  /** The resource of one id, in full and as it is now; null where it is not there. Throws where it is refused. */
  one?(context: AwsContext, id: string): Promise<ScannedResource | ScanProblem | null>;
}

/** One account, seen from one region. */
export interface AwsContext {
  readonly account: string;
  readonly partition: string;
  /** The region that is read; for global services the one that calls go to. */
  readonly region: string;
  /** All the regions of this scan. */
  readonly regions: readonly string[];
  readonly clients: Clients;
  /** AWS Config's records of a region, or null where no recorder can be trusted. */
  readonly recorded: (region: string) => Promise<RecordedConfig | null>;
  /** True the first time for this id in this account: what several regions show is yielded once. */
  readonly claim: (id: string) => boolean;
  /** How many resources of one list are described at once. */
  readonly width: number;
  readonly clock: Clock;
  /** The endpoint, or `aws`. */
  readonly uri: string;
}
