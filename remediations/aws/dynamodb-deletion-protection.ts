// A table's protection against deletion.
import { nameOf, setting } from "./aws-remediation.js";
import { tableClient, tableReads } from "./dynamodb-reads.js";

export const dynamodbDeletionProtection = setting({
  id: "aws-dynamodb-deletion-protection",
  title: "Protect the table against deletion",
  policies: ["aws-dynamodb-deletion-protection"],
  types: ["AWS::DynamoDB::Table"],
  permissions: { read: tableReads, write: ["dynamodb:UpdateTable"] },
  undo: "Turns the protection off again.",
  caution: null,
  pointer: "/config/DeletionProtectionEnabled",
  wanted: () => true,
  set: async (clients, place, value) => {
    const { UpdateTableCommand } = await import("@aws-sdk/client-dynamodb");
    const change = { TableName: nameOf(place), DeletionProtectionEnabled: value === true };
    await (await tableClient(clients, place)).send(new UpdateTableCommand(change));
  },
});
