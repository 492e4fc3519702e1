// One file of desired state: which kind of action brings it about, and with what. Hostile text until it was read here.
import { z } from "zod";
import { decodeText, parseDocuments, TextError } from "../../../scanners/code/document.js";
import { pointer } from "../../inventory/pointer.js";
import { isObject, own, type JsonObject } from "../../json.js";

const name = z.string().regex(/^[a-z]+\.[a-z][a-z-]*$/, "expected the kind of an action, such as provisioning.apply");
const parameters = z.custom<JsonObject>(isObject, "expected an object");
const asked = z.strictObject({ kind: name, parameters });
const file = z.strictObject({ kind: name, parameters, removal: asked.optional() });

export type Asked = z.infer<typeof asked>;

export interface Desired extends Asked {
  /** What is asked for when the file goes; null where nothing says how that is undone. */
  readonly removal: Asked | null;
}

/** What is wrong, as `FILE:LINE: why`. */
export class DesiredFileError extends Error {}

export function parseDesired(path: string, bytes: Uint8Array): Desired {
  try {
    const [document, ...others] = parseDocuments(path, decodeText(bytes));
    if (document === undefined || others.length > 0) throw new TextError("expected one document");
    const parsed = file.safeParse(document.value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const at = (issue?.path ?? []).filter((one) => typeof one !== "symbol");
      const line = document.locate(pointer(at))?.line ?? null;
      throw new TextError(`${at.join(".") || "the file"}: ${issue?.message ?? "it is not as expected"}`, line);
    }
    return { ...parsed.data, removal: parsed.data.removal ?? removalOf(parsed.data) };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new DesiredFileError(`${path}${error.line === null ? "" : `:${error.line}`}: ${error.message}`);
  }
}

/** An environment is destroyed by its name. */
function removalOf({ kind, parameters: given }: Asked): Asked | null {
  const environment = own(given, "environment");
  if (!kind.startsWith("provisioning.") || typeof environment !== "string") return null;
  return { kind: "provisioning.destroy", parameters: { environment } };
}
