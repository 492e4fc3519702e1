import { isObject, own, type Json, type JsonObject } from "../../src/json.js";
import { Unknown, type Value } from "./value.js";

export interface TemplateOptions {
  /** Values of parameters, by name. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly region: string | null;
}

/** What a template's expressions can name. */
export interface Scope {
  readonly parameters: ReadonlyMap<string, Value>;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
  readonly resources: JsonObject;
  readonly pseudo: ReadonlyMap<string, Value>;
}

export function scopeOf(template: JsonObject, options: TemplateOptions): Scope {
  const section = (name: string): JsonObject => {
    const value = own(template, name);
    return isObject(value) ? value : {};
  };
  return {
    parameters: parametersOf(section("Parameters"), options),
    mappings: section("Mappings"),
    conditions: section("Conditions"),
    resources: section("Resources"),
    pseudo: pseudoParameters(options.region),
  };
}

function parametersOf(declared: JsonObject, { parameters }: TemplateOptions): Map<string, Value> {
  return new Map(
    Object.entries(declared).map(([name, declaration]) => {
      const type = isObject(declaration) ? own(declaration, "Type") : undefined;
      const given = own(parameters, name);
      const value = given ?? (isObject(declaration) ? own(declaration, "Default") : undefined);
      return [name, parameterValue(type, value, given !== undefined)];
    }),
  );
}

/** A parameter that is read from the Parameter Store has there what nobody knows here; its default is only a name. */
function parameterValue(type: Json | undefined, value: Json | undefined, given: boolean): Value {
  if (value === undefined) return new Unknown();
  if (typeof type === "string" && type.startsWith("AWS::SSM::Parameter::Value") && !given) return new Unknown();
  if (type === "Number" && typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)))
    return Number(value);
  const isList = type === "CommaDelimitedList" || (typeof type === "string" && type.startsWith("List<"));
  if (isList && typeof value === "string") return value.split(",").map((part) => part.trim());
  return value;
}

function pseudoParameters(region: string | null): Map<string, Value> {
  const partition =
    region === null
      ? new Unknown()
      : region.startsWith("cn-")
        ? "aws-cn"
        : region.startsWith("us-gov-")
          ? "aws-us-gov"
          : "aws";
  const suffix = region === null ? new Unknown() : region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return new Map<string, Value>([
    ["AWS::Region", region ?? new Unknown()],
    ["AWS::Partition", partition],
    ["AWS::URLSuffix", suffix],
    ["AWS::AccountId", new Unknown()],
    ["AWS::StackId", new Unknown()],
    ["AWS::StackName", new Unknown()],
    ["AWS::NotificationARNs", new Unknown()],
  ]);
}
