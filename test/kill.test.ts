// kill -9 at random moments of scans, of appends to the audit trail and of exports: what was acknowledged is there, whole.
// `node bench/kill.mjs 200` does it more often.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { packageFile } from "../src/package-root.js";

test.each(["pglite", "postgres"])(
  "nothing acknowledged is lost, nothing half is taken for whole: %s",
  async (store) => {
    const kills = process.env["PORTCULLIS_KILLS"] ?? "6";
    const args = [packageFile("bench", "kill.mjs"), kills, store];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    expect(stderr).toBe("");
    expect(stdout).toContain("0 faults");
    expect(stdout).toMatch(/audit +\d+ begun, [1-9]\d* killed/);
  },
);
