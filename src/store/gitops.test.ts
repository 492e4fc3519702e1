import { beforeAll, describe, expect, test } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { systemClock } from "../clock.js";
import type { Database } from "./database.js";
import { createGitops, LostPath, type Gitops, type GitopsPath } from "./gitops.js";
import { migrate } from "./migrate.js";

onBothDatabases((name, open) => {
  describe(`GitOps in ${name}`, () => {
    let database: Database;
    let gitops: Gitops;
    beforeAll(async () => {
      database = await open();
      await migrate(database);
      gitops = createGitops(database);
      return () => database.close();
    });

    const path: GitopsPath = {
      ...{ repository: "r", branch: "main", path: "environments/a.yaml", blob: "b1", commit: "c1", state: "asking" },
      ...{ action: "G-1", kind: null, parameters: null, removal: null, drifts: 0 },
    };

    test("a delivery counts once, and makes the next look due, but not at once after another one", async () => {
      expect([await gitops.isDue("r", 3_600_000, 0), await gitops.isDue("r", 3_600_000, 0)]).toEqual([true, false]);
      const id = `github:${systemClock.newId()}`;
      expect([await gitops.isNewDelivery(id), await gitops.isNewDelivery(id)]).toEqual([true, false]);
      await gitops.want("r");
      expect(await gitops.isDue("r", 3_600_000, 600_000)).toBe(false);
      expect([await gitops.isDue("r", 3_600_000, 0), await gitops.isDue("r", 3_600_000, 0)]).toEqual([true, false]);
    });

    test("a path is changed by whoever read it last, and by nobody else", async () => {
      await gitops.keepPath(path, null);
      await expect(gitops.keepPath({ ...path, commit: "c9" }, null)).rejects.toBeInstanceOf(LostPath);
      const waiting: GitopsPath = { ...path, state: "waiting", kind: "a.b", parameters: { x: ["\u0000", 1] } };
      await gitops.keepPath(waiting, path);
      for (const stale of [path, { ...waiting, commit: "c0" }, { ...waiting, action: null }, { ...waiting, drifts: 1 }])
        await expect(gitops.keepPath({ ...waiting, state: "ended" }, stale)).rejects.toBeInstanceOf(LostPath);
      const [kept] = await gitops.paths("r", "main");
      expect(kept).toMatchObject({ state: "waiting", commit: "c1", action: "G-1", kind: "a.b" });
    });

    test("what was applied or ended is due for drift, once in a time; what was removed or never read is not", async () => {
      const at = (one: string, more: Partial<GitopsPath>): GitopsPath => ({
        ...{ ...path, repository: "d", path: one, kind: "a.b", parameters: {}, state: "applied" as const },
        ...more,
      });
      const all = [at("applied", {}), at("ended", { state: "ended" }), at("waiting", { state: "waiting" })];
      for (const one of [...all, at("removed", { blob: "" }), at("unread", { state: "ended", kind: null })])
        await gitops.keepPath(one, null);
      const due = (await gitops.driftDue("d", "main", 0)).map((one) => one.path).sort();
      expect([due, await gitops.driftDue("d", "main", 60_000)]).toEqual([["applied", "ended"], []]);
    });

    test("a status is sent again where it says something else, and a late answer does not hide a newer one", async () => {
      const status = { repository: "s", commit: "c1", context: "x", state: "pending", description: "1" } as const;
      await gitops.keepStatus({ ...status, action: null });
      const [first] = await gitops.dueStatuses("s", 10);
      await gitops.keepStatus({ ...status, state: "success", action: "G-1" });
      await gitops.keepStatus({ ...status, state: "success", action: "G-1" });
      if (first === undefined) throw new Error("nothing is due");
      await gitops.statusSent(first);
      await gitops.postponeStatus(first, 60_000);
      const due = await gitops.dueStatuses("s", 10);
      expect(due.map(({ state, version, attempts }) => [state, version, attempts])).toEqual([["success", 2, 0]]);
      await gitops.statusSent(due[0] ?? first);
      expect(await gitops.dueStatuses("s", 10)).toEqual([]);
      expect(await gitops.statuses("s", ["c1", "c2"])).toEqual([{ ...status, state: "success", action: "G-1" }]);
    });

    test("a branch that is gone takes its paths with it", async () => {
      await gitops.keepHead("r", "feature/x", "c1");
      await gitops.keepPath({ ...path, branch: "feature/x" }, null);
      await gitops.forgetBranch("r", "feature/x");
      expect([await gitops.head("r", "feature/x"), await gitops.paths("r", "feature/x")]).toEqual([null, []]);
      expect((await gitops.paths("r", "main")).length).toBe(1);
    });
  });
});
