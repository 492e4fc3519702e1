import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { Limiter } from "../../src/concurrency.js";
import { homeAccount, startAwsEstate } from "../../test/servers/aws-estate.mjs";
import { assumedRole } from "./account.js";
import { Clients } from "./clients.js";

test("credentials are fetched also while calls that wait for them have taken every place", async () => {
  const estate = await startAwsEstate({ regions: ["us-east-1"], queues: 0, tables: 0 });
  const settings = {
    ...{ endpointUrl: estate.endpoint, maxAttempts: 1, requestTimeoutMs: 5_000, limiter: new Limiter(1) },
    credentials: () => Promise.resolve({ accessKeyId: `ASIA${homeAccount}`, secretAccessKey: "s" }),
  };
  const credentials = assumedRole(settings, "us-east-1", "arn:aws:iam::100000000001:role/Auditor");
  const clients = new Clients({ ...settings, credentials });
  try {
    const answer = await clients.of(STSClient, "us-east-1").send(new GetCallerIdentityCommand({}));
    expect(answer.Account).toBe("100000000001");
  } finally {
    clients.destroy();
    await estate.stop();
  }
});
