// docs/roles.md is made of the table of access. After a change: npx vitest run --update=all src/api/roles-page.test.ts
import { expect, test } from "vitest";
import { packageFile } from "../package-root.js";
import { access, roles, type Access } from "./access.js";

function who(allowed: Access): string {
  if (allowed === "public") return "everybody, without a token";
  if (allowed === "signed") return "who signs the request";
  return allowed.length === roles.length ? "every role" : allowed.join(", ");
}

test("the page of roles is the table", async () => {
  const groups = new Map<string, string[]>();
  for (const [route, allowed] of Object.entries(access))
    groups.set(who(allowed), [...(groups.get(who(allowed)) ?? []), `- \`${route}\``]);
  const lines = [...groups].flatMap(([name, routes]) => [`## ${name}`, "", ...routes, ""]);
  const page = ["# Who may call what", "", "Made from `src/api/access.ts`.", "", ...lines].join("\n");
  await expect(page).toMatchFileSnapshot(packageFile("docs", "roles.md"));
});
