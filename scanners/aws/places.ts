// Which accounts and regions a scan with these options looks at: what is elsewhere is not missing.
import { Scan, typesOf, type AwsScanOptions } from "./index.js";
import { awsServices } from "./services/index.js";

export interface Place {
  readonly account: string;
  readonly regions: readonly string[];
}

/** What cannot be looked at is left out; the scan itself says why. */
export async function awsPlaces(options: AwsScanOptions): Promise<readonly Place[]> {
  const places: Place[] = [];
  const { progress: _, ...quiet } = options;
  for await (const part of new Scan(quiet, awsServices).plan())
    if (part.kind === "account") places.push({ account: part.account, regions: part.regions });
  return places;
}

/** Empty: all. */
export function typesOfServices(names: readonly string[]): string[] {
  return typesOf(awsServices.filter(({ service }) => names.length === 0 || names.includes(service)));
}
