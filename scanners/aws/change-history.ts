// Who changed a resource last, as CloudTrail's event history says: 90 days, of events that write, by the name of the resource.
import { CloudTrailClient, LookupEventsCommand, type Event } from "@aws-sdk/client-cloudtrail";
import type { ChangeHistory, LastChange } from "../../src/inventory/drift/change-history.js";
import type { DriftSubject } from "../../src/inventory/drift/estate-drift.js";
import { isObject, own } from "../../src/json.js";
import { awsAccess, type AwsAccess } from "./access.js";
import { changesIt, recordOf, textAt } from "./change-event.js";
import type { Clients } from "./clients.js";
import { explain, scrub } from "./refusal.js";

export interface ClosableHistory extends ChangeHistory {
  close(): void;
}

export async function awsChangeHistory(options: {
  readonly endpointUrl: string | null;
  readonly roleName: string | null;
}): Promise<ClosableHistory> {
  const access = await awsAccess({ ...options, maxAttempts: 3 });
  return {
    lastChange: (subject) => lastChange(access, subject),
    close: () => {
      access.close();
    },
  };
}

async function lastChange(access: AwsAccess, subject: DriftSubject): Promise<LastChange | { readonly reason: string }> {
  const { account, region } = subject;
  if (account === null) return { reason: "its account is not known" };
  try {
    return await lookUp(await access.clientsOf(account), region ?? "us-east-1", subject);
  } catch (error) {
    return { reason: explain(error, "cloudtrail:LookupEvents") };
  }
}

/** Events come newest first. Of a resource that is written to more often than this, older events are not looked at. */
const mostPages = 3;

export async function lookUp(
  clients: Pick<Clients, "of">,
  region: string,
  subject: DriftSubject,
): Promise<LastChange | { readonly reason: string }> {
  const client = clients.of(CloudTrailClient, region);
  const names = namesOf(subject);
  const found: Event[] = [];
  for (const name of names) {
    const event = await newest(client, name, (one) => changesIt(one, subject, names));
    if (event !== null) found.push(event);
  }
  const [last] = found.toSorted((a, b) => timeOf(b) - timeOf(a));
  return last === undefined
    ? { reason: "CloudTrail has no event of the last 90 days that changed it" }
    : changeOf(last);
}

async function newest(client: CloudTrailClient, name: string, test: (event: Event) => boolean): Promise<Event | null> {
  let NextToken: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const answer = await client.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: "ResourceName", AttributeValue: name }],
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    );
    const found = (answer.Events ?? []).find(test);
    if (found !== undefined) return found;
    NextToken = answer.NextToken;
    if (NextToken === undefined) break;
  }
  return null;
}

function timeOf({ EventTime }: Event): number {
  return EventTime?.getTime() ?? 0;
}

/** Events name resources by what the call was given: a name, an id or an ARN. */
function namesOf({ id, name }: DriftSubject): string[] {
  const last = id.slice(Math.max(id.lastIndexOf("/"), id.lastIndexOf(":")) + 1);
  return [...new Set([name ?? last, last, id])].filter((one) => one !== "");
}

function changeOf(event: Event): LastChange {
  const record = recordOf(event);
  const identity = isObject(record) ? own(record, "userIdentity") : undefined;
  const by = textAt(identity ?? null, "arn") ?? event.Username ?? textAt(identity ?? null, "invokedBy") ?? "unknown";
  const service = (event.EventSource ?? "").replace(/\.amazonaws\.com$/, "");
  return {
    by: scrub(by),
    at: event.EventTime?.toISOString() ?? textAt(record, "eventTime") ?? "",
    event: scrub(`${service}:${event.EventName ?? ""}`),
    from: textAt(record, "sourceIPAddress"),
  };
}
