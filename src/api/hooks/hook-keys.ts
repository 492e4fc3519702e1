// HMAC keys, from where the configuration says that they are: never from the configuration itself.
import { readFileSync } from "node:fs";
import { messageOf, PortcullisError } from "../../errors.js";
import type { RunTaskSettings } from "./hook-settings.js";

const [shortest, longest] = [16, 4_096];

/** Throws `config-invalid` for one that is not there, or too short to be a secret. */
export function readKeys(keys: RunTaskSettings["keys"], environment: NodeJS.ProcessEnv): readonly string[] {
  return keys.map((key) => {
    const place = "env" in key ? `the environment variable ${key.env}` : key.file;
    const value = ("env" in key ? (environment[key.env] ?? "") : readKeyFile(key.file)).trim();
    if (value.length >= shortest && value.length <= longest) return value;
    const found = value === "" ? "nothing is there" : `it has ${value.length} characters`;
    throw invalid(`${place}: ${found}; expected a key of ${shortest} to ${longest} characters`);
  });
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw invalid(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function invalid(message: string): PortcullisError {
  return new PortcullisError("config-invalid", `hooks.runTask.keys: ${message}`);
}
