import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "./json.js";
import { redactJson, redactText } from "./redact.js";

// Planted secrets are put together here, so that no scanner of this repository takes them for real ones.
const join = (...parts: string[]): string => parts.join("");
const pem = join("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA ", "PRIVATE KEY-----");
const jwt = join("eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NSJ9", ".c2lnbmF0dXJlLWhlcmU");
const github = join("ghp", "_", "a".repeat(36));
const slack = join("xoxb", "-123456789012-abcdefghijkl");
const stripe = join("sk", "_live_", "4eC39HqLyjWDarjtT1zdp7dc");
const google = join("AI", "za", "SyA1234567890abcdefghijklmnopqrstuv");
const keyId = "AKIAIOSFODNN7EXAMPLE";
const secretKey = join("wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYEXAMPLEKEY");
const basic = Buffer.from("deploy:hunter2").toString("base64");
const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";

/** What stands where in the value, and what of it must not stay. */
const planted: readonly (readonly [name: string, value: Json, secret: string, at: string])[] = [
  ["a password", { MasterUserPassword: "correct-horse" }, "correct-horse", "/MasterUserPassword"],
  ["in snake case", { administrator_login_password: "hunter2x" }, "hunter2x", "/administrator_login_password"],
  ["in lower case", { dbpassword: "hunter2x" }, "hunter2x", "/dbpassword"],
  ["a numeric one", { password: 48151623 }, "48151623", "/password"],
  ["in an object", { adminPassword: { value: "hunter2x" } }, "hunter2x", "/adminPassword/value"],
  ["in a list", { Passwords: ["hunter2x"] }, "hunter2x", "/Passwords/0"],
  ["a secret's text", { SecretString: '{"a":"hunter2x"}' }, "hunter2x", "/SecretString"],
  ["a token", { AuthToken: "abcdef0123456789" }, "abcdef0123456789", "/AuthToken"],
  ["a client's secret", { spec: { clientSecret: "s3cr3t-value" } }, "s3cr3t-value", "/spec/clientSecret"],
  ["a connection string", { connectionString: "Server=a;User=b" }, "Server=a", "/connectionString"],
  ["a private key", { privateKey: "MIIEpAIBAAKCAQEA" }, "MIIEpAIBAAKCAQEA", "/privateKey"],
  ["a pre-shared key", { PreSharedKey: "abc123def" }, "abc123def", "/PreSharedKey"],
  ["an account's key", { primaryAccessKey: "c29tZSBrZXk=" }, "c29tZSBrZXk", "/primaryAccessKey"],
  ["a client's key", { "client-key-data": "LS0tLS1CRUdJTg" }, "LS0tLS1CRUdJTg", "/client-key-data"],
  ["user data", { UserData: "IyEvYmluL2Jhc2gK" }, "IyEvYmluL2Jhc2gK", "/UserData"],
  ["user data as an intrinsic", { UserData: { "Fn::Base64": "#!/bin/sh\nrun" } }, "/bin/sh", "/UserData"],
  ["a start-up script", { key: "startup-script", value: "#!/bin/sh" }, "#!/bin/sh", "/value"],
  ["a variable", { Environment: { Variables: { dbHost: "10.0.0.9" } } }, "10.0.0.9", "/Environment/Variables/dbHost"],
  ["a variable of Terraform", { environment: [{ variables: { A: "plain" } }] }, "plain", "/environment/0/variables/A"],
  ["a container's variable", { env: [{ name: "X", value: "plain" }] }, "plain", "/env/0/value"],
  ["a line of variables", { environment: ["X=plain-text"] }, "plain-text", "/environment/0"],
  ["variables of a map", { environment: { DB_HOST: "plain" } }, "plain", "/environment/DB_HOST"],
  [
    "a build's variable",
    { Environment: { EnvironmentVariables: [{ Name: "A", Type: "PLAINTEXT", Value: "plain" }] } },
    "plain",
    "/Environment/EnvironmentVariables/0/Value",
  ],
  ["a setting of an app", { appSettings: [{ name: "X", value: "plain" }] }, "plain", "/appSettings/0/value"],
  ["a named value", { Parameters: [{ Name: "db_password", Value: "hunter2x" }] }, "hunter2x", "/Parameters/0/Value"],
  ["a tag", { Tags: [{ Key: "admin-password", Value: "hunter2x" }] }, "hunter2x", "/Tags/0/Value"],
  ["a Secret", { kind: "Secret", data: { user: "YWRtaW4=" } }, "YWRtaW4=", "/data/user"],
  ["a Secret's text", { kind: "Secret", stringData: { "a/b": "admin1" } }, "admin1", "/stringData/a~1b"],
  [
    "a Secret in an annotation",
    { note: JSON.stringify({ kind: "Secret", data: { user: "YWRtaW4=" } }) },
    "YWRtaW4=",
    "/note",
  ],
  ["JSON in a text", { Definitions: '[{"db_password": "hunter2x"}]' }, "hunter2x", "/Definitions"],
  ["JSON with a name twice", { text: `{"a": "${github}", "a": "b"}` }, github, "/text"],
  ["a docker login", { auths: { "r.example": { auth: basic } } }, basic, "/auths/r.example/auth"],
  ["a key in PEM", { Content: `a ${pem} b` }, "MIIEpAIBAAKCAQEA", "/Content"],
  ["a key that is cut off", { Content: pem.slice(0, 45) }, "MIIEpAIBAA", "/Content"],
  ["a JWT", { Header: `x ${jwt}` }, jwt, "/Header"],
  ["GitHub's token", [`https://x/?t=${github}`], github, "/0"],
  ["Slack's token", [slack], slack, "/0"],
  ["Slack's address", [join("https://hooks.slack", ".com/services/T00/B00/abc")], "T00/B00/abc", "/0"],
  ["Stripe's key", { k: stripe }, stripe, "/k"],
  ["Google's key", { k: google }, google, "/k"],
  ["a secret key after its id", { text: `${keyId} ${secretKey}` }, secretKey, "/text"],
  ["a secret key beside its id", { id: keyId, other: secretKey }, secretKey, "/other"],
  ["a password in an address", ["postgres://app:hunter2x@db/orders"], "hunter2x", "/0"],
  ["a password in a connection", ["Server=db;Uid=app;Pwd=hunter2x;"], "hunter2x", "/0"],
  ["an account's key in one", ["AccountName=a;AccountKey=YWJjZGVm==;"], "YWJjZGVm", "/0"],
  ["a password in a script", ["export DB_PASSWORD='hunter2x'\nrun"], "hunter2x", "/0"],
  ["a password in YAML", ["user: a\npassword: hunter2x\n"], "hunter2x", "/0"],
  ["an argument", { command: ["run", "--password=hunter2x"] }, "hunter2x", "/command/1"],
  ["basic authentication", ["Authorization: Basic " + basic], basic, "/0"],
  ["a bearer's token", ["Authorization: Bearer abcdef0123456789abcdef"], "abcdef0123456789abcdef", "/0"],
  ["a signed address", ["https://a.blob.core.windows.net/c?sv=1&sig=abc%2Fdef%3D1"], "abc%2Fdef", "/0"],
  ["the name of a member", { [github]: 1 }, github, "/<redacted>"],
  ["below __proto__", JSON.parse('{"__proto__": {"password": "hunter2x"}}') as Json, "hunter2x", "/__proto__/password"],
];

describe("redactJson", () => {
  it.each(planted)("removes %s", (_name, value, secret, at) => {
    const before = JSON.stringify(value);
    const result = redactJson(value);
    expect(JSON.stringify(result.value)).not.toContain(secret);
    expect(JSON.stringify(result.value)).toContain("<redacted>");
    expect(result.redacted).toEqual([at]);
    expect(JSON.stringify(value)).toBe(before);
  });

  // What policies judge by, and what says where a secret is kept.
  const stays: readonly Json[] = [
    {
      StorageEncrypted: true,
      ManageMasterUserPassword: true,
      automountServiceAccountToken: false,
      PasswordEnabled: "true",
    },
    {
      KmsMasterKeyId: "alias/aws/s3",
      KmsKeyId: "1234abcd-12ab-34cd-56ef-1234567890ab",
      KeyId: "mrk-1",
      KMSMasterKeyID: "x",
    },
    {
      KmsKey: "k",
      KeyName: "ops",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      PartitionKey: "id",
      S3Key: "a.zip",
    },
    { MasterUserSecret: { SecretArn: arn, KmsKeyId: "k", SecretStatus: "active" } },
    { Secrets: [{ Name: "DB_PASSWORD", ValueFrom: arn }], secret: { secretName: "db", defaultMode: 420 } },
    { MasterUserPassword: `{{resolve:secretsmanager:${arn}}}`, password: "${var.password}", token: arn },
    { secretKeyRef: { name: "db", key: "password" }, imagePullSecrets: [{ name: "registry" }] },
    { MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1 } },
    { PasswordPolicy: { MinimumPasswordLength: 14, MaxPasswordAge: 90, PasswordReusePrevention: 24 } },
    { PublicKey: "ssh-ed25519 AAAAC3Nza", publicKeyPem: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----" },
    { certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" },
    { AccessKeyId: keyId, Status: "Active", CreateDate: "2026-01-01T00:00:00Z" },
    { Action: ["secretsmanager:GetSecretValue", "kms:Decrypt", "iam:UpdateLoginProfile"], Resource: [arn, "*"] },
    {
      Condition: {
        StringEquals: { "sts:ExternalId": "abc", "aws:TokenIssueTime": "x" },
        Bool: { "aws:SecureTransport": "false" },
      },
    },
    {
      Tags: [
        { Key: "Environment", Value: "prod" },
        { Key: "data-class", Value: "secret" },
      ],
    },
    { tags: { Environment: "prod", environment: "prod", Name: "token-service", Owner: "team-a@example.com" } },
    { Environment: { ComputeType: "BUILD_GENERAL1_SMALL", PrivilegedMode: true, Image: "aws/codebuild/standard:7.0" } },
    { EnvironmentVariables: [{ Name: "P", Type: "PARAMETER_STORE", Value: "/prod/db/password" }] },
    {
      env: [
        { name: "DEBUG", value: "true" },
        { name: "PORT", value: "8080" },
        { name: "T", valueFrom: { secretKeyRef: { key: "k" } } },
      ],
    },
    {
      SSEAlgorithm: "aws:kms",
      SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      SigningAlgorithm: "SHA256_RSA",
      keyAlgorithm: "RSA_2048",
    },
    { CidrIp: "0.0.0.0/0", FromPort: 22, Description: "basic monitoring of the bearer channel", Sku: "Basic Standard" },
    {
      command: [
        "kube-apiserver",
        "--token-auth-file=/etc/known",
        "--tls-private-key-file=/etc/key.pem",
        "--anonymous-auth=false",
      ],
    },
    { args: ["--service-account-key-file=/etc/sa.pub"], sha: "da39a3ee5e6b4b0d3255bfef95601890afd80709", id: keyId },
    {
      AuthorizationType: "AWS_IAM",
      AuthType: "NONE",
      AllowedAuthFlows: ["ALLOW_USER_PASSWORD_AUTH"],
      Type: "password",
    },
    { url: "https://example.com/a?b=c", git: "git@github.com:a/b.git", mail: "mailto:a@b.c", s3: "s3://bucket/key" },
    { PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*"}]}' },
    { kind: "ConfigMap", data: { mode: "strict" } },
    "",
    null,
    12,
  ];

  it.each(stays.map((value) => [JSON.stringify(value).slice(0, 60), value] as const))("keeps %s", (_name, value) => {
    const result = redactJson(value);
    expect(result).toEqual({ value, redacted: [] });
    expect(result.value).toBe(value);
  });

  it("keeps what stands beside a secret, in its order", () => {
    const value = { a: 1, tokens: [{ secret: "abcdefgh", id: "x" }], b: { c: [2] } };
    const result = redactJson(value);
    expect(JSON.stringify(result.value)).toBe('{"a":1,"tokens":[{"secret":"<redacted>","id":"x"}],"b":{"c":[2]}}');
    expect((result.value as typeof value).b).toBe(value.b);
  });

  it("keeps two names that are one without their secrets", () => {
    const other = join("ghp", "_", "b".repeat(36));
    expect(redactJson({ [github]: 1, [other]: 2 }).value).toEqual({ "<redacted>": 1, "<redacted> (2)": 2 });
  });

  it("takes nothing from the prototype and adds nothing to it", () => {
    const value = JSON.parse('{"__proto__": {"a": 1, "token": "abcdefgh"}, "constructor": "x"}') as Json;
    const result = redactJson(value).value;
    expect(JSON.stringify(result)).toBe('{"__proto__":{"a":1,"token":"<redacted>"},"constructor":"x"}');
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it("cuts what is nested too deep", () => {
    const deep = JSON.parse("[".repeat(5_000) + '"hunter2x"' + "]".repeat(5_000)) as Json;
    const { value, redacted } = redactJson(deep);
    expect(JSON.stringify(value)).toBe("[".repeat(200) + '"<redacted>"' + "]".repeat(200));
    expect(redacted).toHaveLength(1);
  });

  it("is idempotent, keeps the shape, and never throws", () => {
    const word = fc.constantFrom(
      "password",
      "Value",
      "name",
      "env",
      "data",
      "kind",
      "Secret",
      github,
      pem,
      keyId,
      "UserData",
    );
    const leaf = fc.oneof(word, fc.string({ unit: "binary" }), fc.boolean(), fc.integer(), fc.constant(null));
    const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(fc.oneof(word, fc.string()), tie("tree"), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const once = redactJson(value);
        expect(JSON.stringify(once.value)).not.toContain(github);
        expect(redactJson(once.value).value).toEqual(once.value);
        expect(once.redacted.length === 0).toBe(once.value === value);
      }),
    );
  });

  it.each([
    "eyJ",
    "eyJa.",
    "password",
    "password ",
    "://",
    "://:",
    "-----BEGIN ",
    "Basic ",
    "--token ",
    "a@",
    "?sig=",
    "AKIA",
    "ghp_",
  ])("takes time in proportion to a text of many %j", (piece) => {
    const text = piece.repeat(Math.ceil(300_000 / piece.length));
    expect(redactText(text).length).toBeGreaterThan(0);
  });
});
