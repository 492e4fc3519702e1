// Sends findings to Security Hub, each to the hub of its account and region, and says of every one what became of it. What
// Security Hub did not acknowledge was not sent.
import type { DeliveryMark } from "../../store/deliveries.js";
import type { Finding } from "../../store/findings.js";
import { hubOf, productArn, type Hub, type HubDefaults, type WorkflowStatus } from "./asff.js";
import type { HubAnswer, HubClient, Refusal } from "./hub-client.js";
import { begunMark, isUnchanged, parcelOf, sentMark, type Parcel } from "./parcel.js";

export interface DeliveryOptions {
  readonly client: HubClient;
  readonly log: DeliveryLog;
  /** For findings whose resource has no account or region. */
  readonly place: HubDefaults;
  /** Empty: every one. */
  readonly accounts: readonly string[];
  readonly regions: readonly string[];
  /** Send what did not change, too. */
  readonly all: boolean;
  readonly version: string;
  readonly now: () => Date;
  readonly pause: (attempt: number) => Promise<void>;
  readonly progress: (message: string) => void;
}

/** What was sent before; the store has it. */
export interface DeliveryLog {
  deliveryMarks(fingerprints: readonly string[]): Promise<readonly DeliveryMark[]>;
  keepDeliveryMarks(marks: readonly DeliveryMark[]): Promise<void>;
}

export interface DeliveryResult {
  /** Acknowledged. */
  readonly sent: number;
  /** The destination has them as they are. */
  readonly unchanged: number;
  /** Resolved, and never sent while they were open. */
  readonly neverSent: number;
  /** Their resources have no AWS account or region, and no default was given. */
  readonly withoutPlace: number;
  readonly failed: readonly DeliveryFailure[];
}

export interface DeliveryFailure {
  readonly fingerprint: string;
  readonly account: string;
  readonly region: string;
  readonly code: string;
  readonly message: string;
}

/** Pages of the store, in any order. Holds at most one batch for each hub. */
export async function deliver(
  pages: AsyncIterable<readonly Finding[]>,
  options: DeliveryOptions,
): Promise<DeliveryResult> {
  const courier = new Courier(options);
  for await (const page of pages) await courier.take(page);
  return courier.finish();
}

const largestBatch = 100;
/** 6 MB less what surrounds the findings. */
const largestBatchBytes = 5_900_000;
const maximumAttempts = 4;

interface Batch {
  readonly hub: Hub;
  readonly parcels: Parcel[];
  bytes: number;
}

type Refusing = Extract<HubAnswer, { kind: "refused" }>;
type Call = (parcels: readonly Parcel[]) => Promise<HubAnswer>;
/** By finding: why it was not taken. */
type Refused = Map<Parcel, { readonly code: string; readonly message: string }>;

class Courier {
  readonly #options: DeliveryOptions;
  readonly #batches = new Map<string, Batch>();
  /** Hubs that refuse everything, and why: they are not asked again. */
  readonly #closed = new Map<string, Refusing>();
  readonly #failed: DeliveryFailure[] = [];
  #sent = 0;
  #unchanged = 0;
  #neverSent = 0;
  #withoutPlace = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  async take(findings: readonly Finding[]): Promise<void> {
    const marks = await this.#options.log.deliveryMarks(findings.map(({ fingerprint }) => fingerprint));
    const known = new Map(marks.map((mark) => [`${mark.destination} ${mark.fingerprint}`, mark]));
    for (const finding of findings) {
      const hub = hubOf(finding.resource, this.#options.place);
      if (hub === null) this.#withoutPlace++;
      else if (this.#isWanted(hub))
        await this.#add(finding, hub, known.get(`${productArn(hub)} ${finding.fingerprint}`));
    }
  }

  async finish(): Promise<DeliveryResult> {
    for (const batch of this.#batches.values()) await this.#send(batch);
    return {
      ...{ sent: this.#sent, unchanged: this.#unchanged, neverSent: this.#neverSent },
      ...{ withoutPlace: this.#withoutPlace, failed: this.#failed },
    };
  }

  #isWanted({ account, region }: Hub): boolean {
    const { accounts, regions } = this.#options;
    return (accounts.length === 0 || accounts.includes(account)) && (regions.length === 0 || regions.includes(region));
  }

  async #add(finding: Finding, hub: Hub, before: DeliveryMark | undefined): Promise<void> {
    const now = this.#options.now();
    const parcel = parcelOf(finding, { hub, now, version: this.#options.version, before });
    if (before === undefined && finding.status === "resolved") this.#neverSent++;
    else if (!this.#options.all && isUnchanged(parcel, before, now)) this.#unchanged++;
    else await this.#collect(parcel);
  }

  async #collect(parcel: Parcel): Promise<void> {
    const key = productArn(parcel.hub);
    const bytes = Buffer.byteLength(JSON.stringify(parcel.finding)) + 1;
    const waiting = this.#batches.get(key);
    const full = waiting !== undefined && waiting.bytes + bytes > largestBatchBytes;
    if (full) await this.#send(waiting);
    const batch = waiting === undefined || full ? { hub: parcel.hub, parcels: [], bytes: 0 } : waiting;
    this.#batches.set(key, batch);
    batch.parcels.push(parcel);
    batch.bytes += bytes;
    if (batch.parcels.length < largestBatch) return;
    this.#batches.delete(key);
    await this.#send(batch);
  }

  async #send({ hub, parcels }: Batch): Promise<void> {
    const { client, log, now, progress } = this.#options;
    const begun = parcels.filter(({ setsWorkflow, isFirst }) => setsWorkflow || isFirst);
    if (begun.length > 0) await log.keepDeliveryMarks(begun.map((parcel) => begunMark(parcel, now())));
    const changing = parcels.filter(({ setsWorkflow }) => setsWorkflow);
    const refused = await this.#settle(hub, parcels, (some) =>
      client.importFindings(
        hub,
        some.map(({ finding }) => finding),
      ),
    );
    for (const status of ["SUPPRESSED", "RESOLVED", "NEW"] as const) {
      const some = changing.filter((parcel) => parcel.finding.Workflow.Status === status && !refused.has(parcel));
      for (const [parcel, why] of await this.#setWorkflow(hub, status, some)) refused.set(parcel, why);
    }
    const taken = parcels.filter((parcel) => !refused.has(parcel));
    if (taken.length > 0) await log.keepDeliveryMarks(taken.map((parcel) => sentMark(parcel, now())));
    this.#sent += taken.length;
    for (const [{ fingerprint }, { code, message }] of refused)
      this.#failed.push({ fingerprint, ...hub, code, message });
    progress(`${this.#sent} findings sent`);
  }

  #setWorkflow(hub: Hub, status: WorkflowStatus, parcels: readonly Parcel[]): Promise<Refused> {
    return this.#settle(hub, parcels, (some) =>
      this.#options.client.setWorkflow(hub, { status, findings: some.map(({ finding }) => finding) }),
    );
  }

  /** Calls until each finding is acknowledged or given up; only what was refused goes again. */
  async #settle(hub: Hub, parcels: readonly Parcel[], call: Call): Promise<Refused> {
    const refused: Refused = new Map();
    let left = parcels;
    for (let attempt = 1; left.length > 0; attempt++) {
      const answer = this.#closed.get(productArn(hub)) ?? (await call(left));
      if (answer.kind === "refused") {
        for (const [parcel, why] of await this.#giveUp(left, answer, { hub, call })) refused.set(parcel, why);
        break;
      }
      left = sorted(left, answer.refused, { refused, last: attempt === maximumAttempts });
      if (left.length > 0) await this.#options.pause(attempt);
    }
    return refused;
  }

  /** A call that was refused whole. Where one finding is to blame it is looked for by halves; else the hub is left alone. */
  async #giveUp(
    parcels: readonly Parcel[],
    answer: Refusing,
    { hub, call }: { hub: Hub; call: Call },
  ): Promise<Refused> {
    if (answer.because === "findings" && parcels.length > 1) {
      const middle = Math.ceil(parcels.length / 2);
      const first = await this.#settle(hub, parcels.slice(0, middle), call);
      return new Map([...first, ...(await this.#settle(hub, parcels.slice(middle), call))]);
    }
    if (answer.because === "hub") this.#closed.set(productArn(hub), answer);
    return new Map(parcels.map((parcel) => [parcel, answer]));
  }
}

/** Puts what is given up among `refused`, and returns what goes again. */
function sorted(
  parcels: readonly Parcel[],
  refusals: readonly Refusal[],
  { refused, last }: { readonly refused: Refused; readonly last: boolean },
): Parcel[] {
  const byId = new Map(refusals.map((one) => [one.id, one]));
  return parcels.filter((parcel) => {
    const one = byId.get(parcel.finding.Id);
    if (one === undefined) return false;
    if (one.retry && !last) return true;
    refused.set(parcel, one);
    return false;
  });
}
