// The files below a folder that may be states. Symbolic links are not followed.
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { messageOf } from "../../src/errors.js";
import type { ScanProblem } from "../../src/inventory/scan-item.js";
import { problemAt } from "../code/files.js";

const deepest = 16;
const mostFiles = 10_000;

export function stateFiles(folder: string): {
  readonly files: readonly string[];
  readonly problems: readonly ScanProblem[];
} {
  const files: string[] = [];
  const problems: ScanProblem[] = [];
  const pending = [{ path: folder, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, depth } = next;
    if (depth > deepest || files.length > mostFiles) {
      problems.push(problemAt(path, "unreadable", "the folder is too large; name the states in it"));
      break;
    }
    try {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const child = join(path, entry.name);
        if (entry.isDirectory() && !isSkipped(entry.name)) pending.push({ path: child, depth: depth + 1 });
        else if (entry.isFile() && isCandidate(child)) files.push(child);
      }
    } catch (error) {
      problems.push(problemAt(path, "unreadable", `the folder cannot be listed: ${messageOf(error)}`));
    }
  }
  return { files: files.sort(), problems };
}

/** `.terraform` holds no state, but a file of that name; Pulumi keeps backups and history beside the stacks. */
function isSkipped(name: string): boolean {
  return (
    name === "node_modules" || name === "backups" || name === "history" || (name.startsWith(".") && name !== ".pulumi")
  );
}

function isCandidate(path: string): boolean {
  if (path.includes(`${sep}.pulumi${sep}`)) return path.includes(`${sep}stacks${sep}`) && path.endsWith(".json");
  return /\.(tfstate|json)$/.test(path);
}
