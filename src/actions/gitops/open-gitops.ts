// What the service has of repositories of desired environments: a part that looks at them, and the route for who says that it should.
import { join } from "node:path";
import { readSecret } from "../../alerts/secret.js";
import { gitRoutes } from "../../api/hooks/git-routes.js";
import type { Routes } from "../../api/server.js";
import type { Clock } from "../../clock.js";
import type { Part } from "../../service/part.js";
import { GitopsPart, type GitopsOptions } from "./gitops-part.js";
import type { GitopsSettings } from "./gitops-settings.js";

export interface OpenGitops extends Omit<GitopsOptions, "repositories" | "cache" | "run"> {
  readonly settings: GitopsSettings | undefined;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly run: GitopsOptions["run"];
}

export interface OpenedGitops {
  readonly parts: readonly Part[];
  readonly routes: readonly Routes[];
}

/** Throws `config-invalid` for a secret of a webhook that is not there. */
export function openGitops({ settings, dataDir, clock, ...rest }: OpenGitops): OpenedGitops {
  if (settings === undefined) return { parts: [], routes: [gitRoutes(null)] };
  const { repositories } = settings;
  const part = new GitopsPart({ ...rest, repositories, cache: gitopsCache(dataDir) });
  const secrets = new Map(
    repositories.flatMap(({ name, webhook }) =>
      webhook === undefined ? [] : [[name, readSecret(webhook.secret, rest.environment, "gitops")] as const],
    ),
  );
  const wake = (): void => {
    part.wake();
  };
  const routes = secrets.size === 0 ? null : { store: rest.store.gitops, secrets, clock, wake };
  return { parts: [part], routes: [gitRoutes(routes)] };
}

export function gitopsCache(dataDir: string): string {
  return join(dataDir, "gitops");
}
