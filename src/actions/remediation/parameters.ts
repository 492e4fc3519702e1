// What a remediation is asked for with. No address and no role: where calls go is the operator's configuration.
import { Type, type Static } from "@sinclair/typebox";

const closed = { additionalProperties: false } as const;

export const remediationParameters = Type.Object(
  {
    remediation: Type.String({ minLength: 1, maxLength: 200 }),
    account: Type.String({ pattern: "^\\d{12}$" }),
    region: Type.Union([Type.String({ pattern: "^[a-z]{2}(-[a-z]+)+-\\d{1,2}$" }), Type.Null()], {
      description: "null for what belongs to the whole account",
    }),
    resources: Type.Array(
      Type.Object(
        {
          id: Type.String({ minLength: 1, maxLength: 2000 }),
          type: Type.String({ minLength: 1, maxLength: 200 }),
        },
        closed,
      ),
      { minItems: 1, maxItems: 1000 },
    ),
  },
  closed,
);

export type RemediationParameters = Static<typeof remediationParameters>;
