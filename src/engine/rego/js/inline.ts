// Built-in functions that are written into the code instead of called, where that gives the same answer.
import { literal } from "./literals.js";

interface Inlined {
  readonly expression: string;
  /** True where the expression is never undefined. */
  readonly total: boolean;
}

const comparisons: Readonly<Record<string, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };

/** `scalars` says of which arguments it is known that `===` compares them. `call` is the function's name in the program. */
export function inlineCall(
  name: string,
  args: readonly string[],
  scalars: readonly boolean[],
  call: string,
): Inlined | null {
  const [a = "", b = ""] = args;
  const isNumber = (text: string): boolean => /^-?\d/.test(text);
  switch (name) {
    case "eq":
    case "equal":
      return { expression: scalars.some(Boolean) ? `${a} === ${b}` : `equal(${a}, ${b})`, total: true };
    case "neq":
      return { expression: scalars.some(Boolean) ? `${a} !== ${b}` : `!equal(${a}, ${b})`, total: true };
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const sign = comparisons[name] ?? "";
      const checked = [a, b].filter((arg) => !isNumber(arg)).map((arg) => `typeof ${arg} === "number"`);
      return {
        expression: `(${checked.join(" && ") || "true"} ? ${a} ${sign} ${b} : compare(${a}, ${b}) ${sign} 0)`,
        total: true,
      };
    }
    case "internal.member_2":
      return { expression: `member(${a}, ${b})`, total: true };
    case "count":
      return { expression: `(Array.isArray(${a}) ? ${a}.length : ${call}(${a}))`, total: false };
    case "startswith":
      return inlineText(`${a}.startsWith(${b})`, a, b, call);
    case "endswith":
      return inlineText(`${a}.endsWith(${b})`, a, b, call);
    case "contains":
      return inlineText(`${a}.includes(${b})`, a, b, call);
    default:
      return null;
  }
}

function inlineText(expression: string, a: string, b: string, call: string): Inlined {
  const checked = [a, b].filter((arg) => !arg.startsWith('"')).map((arg) => `typeof ${arg} === "string"`);
  return { expression: `(${checked.join(" && ") || "true"} ? ${expression} : ${call}(${a}, ${b}))`, total: false };
}

/** A format of texts and plain verbs as an expression, and when it may be used; null for other formats. */
export function inlineFormat(
  format: string,
  args: readonly string[],
): { readonly expression: string; readonly condition: string } | null {
  const parts = format.split(/(%[vsd])/);
  const verbs = parts.filter((_, at) => at % 2 === 1);
  if (verbs.length !== args.length || parts.some((part, at) => at % 2 === 0 && part.includes("%"))) return null;
  const conditions = verbs.map((verb, at) => {
    const arg = args[at] ?? "";
    return verb === "%d" ? `Number.isSafeInteger(${arg})` : `typeof ${arg} === "string"`;
  });
  let used = 0;
  const terms = parts.map((part, at) => (at % 2 === 0 ? literal(part) : `(${args[used++] ?? ""})`));
  return {
    expression: terms.filter((term) => term !== '""').join(" + ") || '""',
    condition: conditions.join(" && ") || "true",
  };
}
