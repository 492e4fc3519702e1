// A real Alertmanager for tests, on a free port of 127.0.0.1. It is stopped also when the test process dies: a shell that waits
// for the end of its input sees to that.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.mjs";
import { setupAlertmanager } from "../../scripts/setup-alertmanager.mjs";

export interface ReceivedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

export interface AlertmanagerServer {
  readonly url: string;
  /** Those that fire. */
  alerts(): Promise<readonly ReceivedAlert[]>;
  stop(): Promise<void>;
}

const supervise = `
"$1" --config.file="$2/config.yml" --storage.path="$2/data" --web.listen-address="127.0.0.1:$3" \\
  --cluster.listen-address= --log.level=error </dev/null >>"$2/log" 2>&1 &
pid=$!
cat >/dev/null
kill -KILL $pid 2>/dev/null
wait $pid
rm -rf "$2"
`;

export async function startAlertmanager(): Promise<AlertmanagerServer> {
  const program = setupAlertmanager();
  const folder = mkdtempSync(join(tmpdir(), "portcullis-alertmanager-"));
  writeFileSync(join(folder, "config.yml"), "route:\n  receiver: none\nreceivers:\n  - name: none\n");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const shell = spawn("sh", ["-c", supervise, "sh", program, folder, String(port)], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const exited = once(shell, "exit");
  const deadline = Date.now() + 60_000;
  while (!(await isReady(url))) {
    if (Date.now() > deadline) throw new Error("Alertmanager did not start");
    await sleep(100);
  }
  return {
    url,
    async alerts() {
      const answer = await fetch(`${url}/api/v2/alerts`);
      return (await answer.json()) as ReceivedAlert[];
    },
    async stop() {
      shell.stdin.end();
      await exited;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/-/ready`).catch(() => null);
  return answer?.ok === true;
}
