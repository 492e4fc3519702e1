// What is kept of environments between actions: which version is there, what it was made of, and what its stacks put out.
import { z } from "zod";
import { environmentDefinition, toolNames } from "./environment-settings.js";
import type { ServiceEntry } from "./service-directory.js";

export const recordedStackSchema = z.strictObject({
  name: z.string(),
  colour: z.string().nullable(),
  tool: z.enum(toolNames),
  content: z.string(),
  folder: z.string(),
  workspace: z.string().nullable(),
  pointer: z.boolean(),
  /** As they were given: secrets by the name of where they are found. */
  variables: z.record(z.string(), z.json()),
  inputs: z.record(z.string(), z.string()),
  needs: z.array(z.string()),
});
export type RecordedStack = z.infer<typeof recordedStackSchema>;

export const environmentBody = z.strictObject({
  definition: environmentDefinition,
  /** Of what is in use; null without colours. */
  colour: z.string().nullable(),
  stacks: z.array(recordedStackSchema),
  /** The former colour's, until it is destroyed. */
  retired: z.array(recordedStackSchema),
  /** Of each stack, without what is sensitive. */
  outputs: z.record(z.string(), z.record(z.string(), z.json())),
});
export type EnvironmentBody = z.infer<typeof environmentBody>;

export type EnvironmentState = "ready" | "destroyed";

export interface EnvironmentRecord extends EnvironmentBody {
  readonly name: string;
  readonly version: number;
  readonly previous: number | null;
  readonly digest: string;
  readonly action: string;
  readonly state: EnvironmentState;
  readonly expiresAt: string | null;
  readonly retiredUntil: string | null;
  readonly createdAt: string;
  readonly recordedAt: string;
}

export interface NewVersion extends Pick<
  EnvironmentRecord,
  "name" | "previous" | "digest" | "action" | "state" | "expiresAt" | "retiredUntil"
> {
  readonly body: EnvironmentBody;
  readonly services: readonly Omit<ServiceEntry, "environment" | "updatedAt" | "action">[];
}

/** Throws PortcullisError `store-unavailable` where the database is not there. */
export interface Environments {
  /** As it was last recorded, destroyed ones among them. */
  get(name: string): Promise<EnvironmentRecord | null>;
  version(name: string, version: number): Promise<EnvironmentRecord | null>;
  list(query: { readonly limit: number; readonly after?: string }): Promise<readonly EnvironmentRecord[]>;
  /** With its services, in one transaction. Once for a digest after a version; throws `usage` where another version is there by now. */
  record(version: NewVersion): Promise<void>;
  /** Back to a version; null: as if it had never been there. Only of what this digest recorded; nothing where it did not. */
  restore(name: string, version: number | null, digest: string): Promise<void>;
  /** What is past its time: at most `limit` names. */
  expired(
    now: Date,
    limit: number,
  ): Promise<readonly { readonly name: string; readonly what: "environment" | "former-colour" }[]>;
}
