// One property of the account's password policy. The API replaces the whole policy: so all of it is what is compared and restored.
import type { UpdateAccountPasswordPolicyCommandInput } from "@aws-sdk/client-iam";
import type { Resource } from "../../src/inventory/resource.js";
import type { JsonObject } from "../../src/json.js";
import type { AwsRemediation } from "./aws-remediation.js";

/** What AWS asks of passwords where no policy is set, or a little more: a new policy must never ask for less. */
const strict: JsonObject = {
  MinimumPasswordLength: 8,
  RequireLowercaseCharacters: true,
  RequireUppercaseCharacters: true,
  RequireNumbers: true,
  RequireSymbols: true,
  AllowUsersToChangePassword: true,
};

function whole({ config }: Resource): JsonObject | null {
  return Object.keys(config).length === 0 ? null : config;
}

type Facts = Pick<AwsRemediation, "id" | "title" | "policies">;

export function passwordSetting({ change, ...facts }: Facts & { readonly change: JsonObject }): AwsRemediation {
  return {
    ...facts,
    types: ["AWS::IAM::AccountPasswordPolicy"],
    permissions: {
      read: ["iam:GetAccountPasswordPolicy"],
      write: ["iam:DeleteAccountPasswordPolicy", "iam:UpdateAccountPasswordPolicy"],
    },
    touches: ["/config"],
    undo: "Sets the password policy as it was, in whole; removes it where there was none.",
    caution: "It binds new passwords: those that are there stay until they are changed.",
    plan(before) {
      const former = whole(before);
      const policy = { ...(former ?? strict), ...change };
      return { after: { ...before, config: policy }, value: { policy }, former: { policy: former } };
    },
    property: whole,
    write: async (clients, place, { policy = null }) => {
      const sdk = await import("@aws-sdk/client-iam");
      const iam = clients.of(sdk.IAMClient, place.region);
      const Policy = policy as UpdateAccountPasswordPolicyCommandInput | null;
      if (Policy !== null) await iam.send(new sdk.UpdateAccountPasswordPolicyCommand(Policy));
      else await unlessNone(() => iam.send(new sdk.DeleteAccountPasswordPolicyCommand({})));
    },
  };
}

async function unlessNone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof Error) || !/^NoSuchEntity(Exception)?$/.test(error.name)) throw error;
  }
}
