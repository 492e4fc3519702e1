import { isObject, own, type Json } from "../../src/json.js";
import { isCloudFormation } from "../cloudformation/index.js";
import { isPulumi } from "../pulumi/index.js";
import { isKubernetes } from "../kubernetes/index.js";

export const inputTypes = [
  "terraform",
  "terraform-plan",
  "cloudformation",
  "kubernetes",
  "pulumi",
  "dockerfile",
  "document",
] as const;
export type InputType = (typeof inputTypes)[number];

/** What a parsed document is. Terraform folders and Dockerfiles are known by their file names. */
export function detect(value: Json): Exclude<InputType, "terraform" | "dockerfile"> {
  if (isTerraformPlan(value)) return "terraform-plan";
  if (isCloudFormation(value)) return "cloudformation";
  if (isPulumi(value)) return "pulumi";
  if (isKubernetes(value)) return "kubernetes";
  return "document";
}

function isTerraformPlan(value: Json): boolean {
  if (!isObject(value) || typeof own(value, "format_version") !== "string") return false;
  return ["resource_changes", "planned_values", "values"].some((key) => Object.hasOwn(value, key));
}

/** Words of our kinds of input, for text that does not parse: without any of them it is some other program's file. */
export function looksLikeInput(text: string): boolean {
  return /\b(Resources|AWSTemplateFormatVersion|apiVersion|resource_changes|planned_values|urn:pulumi)\b/.test(
    text.slice(0, 1_000_000),
  );
}
