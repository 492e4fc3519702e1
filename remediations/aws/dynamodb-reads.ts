// What a scan asks for a table, and the client that changes it.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Clients } from "../../scanners/aws/clients.js";
import type { AwsPlace } from "./aws-remediation.js";

export const tableReads: readonly string[] = [
  "dynamodb:DescribeContinuousBackups",
  "dynamodb:DescribeTable",
  "dynamodb:DescribeTimeToLive",
  "dynamodb:GetResourcePolicy",
  "dynamodb:ListTagsOfResource",
];

export async function tableClient(clients: Clients, place: AwsPlace): Promise<DynamoDBClient> {
  const { DynamoDBClient: Client } = await import("@aws-sdk/client-dynamodb");
  return clients.of(Client, place.region);
}
