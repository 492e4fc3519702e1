// Every live remediation, and the cloud that they read and change.
import type { Clock } from "../src/clock.js";
import { PortcullisError } from "../src/errors.js";
import type { LiveCloud, Remediation, ResourcePlace } from "../src/actions/remediation/remediation.js";
import { awsRemediations } from "./aws/index.js";

export const liveRemediations: readonly Remediation[] = awsRemediations;

export interface CloudOptions {
  readonly endpointUrl: string | null;
  /** The role to assume in accounts that are not the caller's. */
  readonly roleName: string | null;
  readonly clock: Clock;
}

/** AWS, with the credentials that the SDK finds. Nothing is called before something is read. */
export async function openCloud({ endpointUrl, roleName, clock }: CloudOptions): Promise<LiveCloud> {
  // It warns of Node 20, which is ours to know and not the user's.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const [{ awsAccess }, { readOne }, { explain }] = await Promise.all([
    import("../scanners/aws/access.js"),
    import("../scanners/aws/read-one.js"),
    import("../scanners/aws/refusal.js"),
  ]);
  const access = await awsAccess({ endpointUrl, roleName });
  const home = access.region ?? "us-east-1";
  const refused = (error: unknown): unknown =>
    error instanceof PortcullisError
      ? error
      : new PortcullisError("provider-unavailable", explain(error, "aws"), { cause: error });
  return {
    async read(place: ResourcePlace) {
      try {
        const clients = await access.clientsOf(place.account);
        return await readOne(place, { clients, home, clock, uri: endpointUrl ?? "aws" });
      } catch (error) {
        throw refused(error);
      }
    },
    async write(id, place, value) {
      const remediation = awsRemediations.find((one) => one.id === id);
      if (remediation === undefined) throw new PortcullisError("usage", `there is no remediation ${id}`);
      try {
        const clients = await access.clientsOf(place.account);
        await remediation.write(clients, { ...place, region: place.region ?? home }, value);
      } catch (error) {
        throw refused(error);
      }
    },
    close: () => {
      access.close();
    },
  };
}
