// A kind of action that is as small as can be and changes something real: a file that stands for the tags of a bucket.
import { Type } from "@sinclair/typebox";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Json, JsonObject } from "../../json.js";
import type { ActionKind, Plan, PlannedResource, Step } from "../action.js";
import { joinKinds, type OpenKinds } from "../kinds.js";
import { bucket, planOf } from "./proposals.js";

export interface NoteKind {
  readonly kinds: OpenKinds;
  /** What stands in the file, null where there is none. */
  read(): string | null;
  write(note: string): void;
  /** How often `apply` was called. */
  applied(): number;
}

export function noteKind(folder: string): NoteKind {
  const file = join(folder, "note");
  const read = (): string | null => (existsSync(file) ? readFileSync(file, "utf8") : null);
  const write = (note: string): void => {
    writeFileSync(file, note);
  };
  let applied = 0;
  const noted = (note: string | null, config: JsonObject = {}): PlannedResource =>
    bucket("notes", config, note === null ? {} : { note });
  const textOf = (step: Step, key: string): string => textIn(step.apply[key]);
  const kind: ActionKind = {
    ...{ kind: "remediation.note", module: "remediation", title: "Write a note", permissions: ["s3:PutBucketTagging"] },
    parameters: Type.Object(
      { note: Type.String({ maxLength: 100 }), config: Type.Optional(Type.Record(Type.String(), Type.Unknown())) },
      { additionalProperties: false },
    ),
    onFailure: "rollback",
    plan({ note, config = {} }): Promise<Plan> {
      const change = { before: noted(read()), after: noted(textIn(note), config as JsonObject) };
      const step: Step = {
        ...{ id: "write", title: "write the note", resources: [change.after.resource.id], wave: 0 },
        ...{ apply: { note: textIn(note), before: read() }, rollback: { note: read() } },
      };
      return Promise.resolve(planOf([change], { steps: [step] }));
    },
    inspect(step) {
      if (read() === textOf(step, "note")) return Promise.resolve("after");
      return Promise.resolve(read() === step.apply["before"] ? "before" : "other");
    },
    apply(step) {
      applied++;
      write(textOf(step, "note"));
      return Promise.resolve({ written: true });
    },
    rollback(step) {
      write(textIn(step.rollback?.["note"]));
      return Promise.resolve();
    },
    verify(plan, steps) {
      const isThere = steps.every((step) => read() === textOf(step, "note"));
      const observed = plan.changes.flatMap(({ after }) => after ?? []);
      return Promise.resolve({ verified: isThere, reasons: isThere ? [] : ["the note is another one"], observed });
    },
  };
  const kinds = joinKinds([{ kinds: [kind], eventsOf: null, close: () => Promise.resolve() }]);
  return { kinds, read, write, applied: () => applied };
}

function textIn(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
