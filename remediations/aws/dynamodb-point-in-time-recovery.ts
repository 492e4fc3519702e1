// A table's continuous backups.
import { nameOf, setting } from "./aws-remediation.js";
import { tableClient, tableReads } from "./dynamodb-reads.js";

export const dynamodbPointInTimeRecovery = setting({
  id: "aws-dynamodb-point-in-time-recovery",
  title: "Back the table up continuously",
  policies: ["aws-dynamodb-point-in-time-recovery"],
  types: ["AWS::DynamoDB::Table"],
  permissions: { read: tableReads, write: ["dynamodb:UpdateContinuousBackups"] },
  undo: "Turns the backups off again; what they held is gone.",
  caution: "Backups cost storage.",
  pointer: "/config/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
  wanted: () => true,
  set: async (clients, place, value) => {
    const { UpdateContinuousBackupsCommand } = await import("@aws-sdk/client-dynamodb");
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: value === true };
    const change = { TableName: nameOf(place), PointInTimeRecoverySpecification };
    await (await tableClient(clients, place)).send(new UpdateContinuousBackupsCommand(change));
  },
});
