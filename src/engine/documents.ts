import { basename } from "node:path";
import { messageOf } from "../errors.js";
import type { ScannedDocument } from "../inventory/scan-item.js";
import type { Json } from "../json.js";
import { fingerprint } from "./fingerprint.js";
import type { DocumentPolicy } from "./policy.js";
import { documentRuleResults } from "./results.js";
import type { PreparedInput, RegoEvaluator } from "./rego/engine.js";
import type { Reason, Verdict, VerdictKind } from "./verdict.js";

/** conftest's rules over one unmodified document; the resource is the document itself (type `Document`). */
export function* documentVerdicts(
  policies: readonly DocumentPolicy[],
  evaluator: RegoEvaluator,
  document: ScannedDocument,
): Generator<Verdict> {
  const input = evaluator.prepare(document.value);
  const exceptions = policies.filter((policy) => policy.kind === "exception");
  for (const policy of policies) {
    if (policy.kind === "exception") continue;
    const answer = decide(policy, evaluator, input, document);
    const exempt = answer.verdict === "fail" && isExempt(policy, exceptions, evaluator, input);
    yield verdictOf(policy, document, exempt ? { ...answer, verdict: "waived" } : answer);
  }
}

interface Answer {
  readonly verdict: VerdictKind;
  readonly reasons: readonly Reason[];
}

function decide(
  policy: DocumentPolicy,
  evaluator: RegoEvaluator,
  input: PreparedInput,
  document: ScannedDocument,
): Answer {
  try {
    const answer = documentRuleResults(evaluator.evaluate(policy.entrypoint, input));
    if ("problem" in answer) return errorAnswer(answer.problem);
    const reasons = answer.results.map(({ message, path }) => ({
      message,
      path,
      location: document.locate(path ?? ""),
    }));
    return { verdict: reasons.length > 0 ? "fail" : "pass", reasons };
  } catch (thrown) {
    return errorAnswer(messageOf(thrown));
  }
}

function errorAnswer(message: string): Answer {
  return { verdict: "error", reasons: [{ message, path: null, location: null }] };
}

/** conftest's `exception contains ["suffix"]`: the rule `deny_suffix` is excused; an empty string excuses the bare `deny`. */
function isExempt(
  policy: DocumentPolicy,
  exceptions: readonly DocumentPolicy[],
  evaluator: RegoEvaluator,
  input: PreparedInput,
): boolean {
  const suffix = policy.rule.slice(policy.kind.length).replace(/^_/, "");
  return exceptions
    .filter((exception) => exception.namespace === policy.namespace)
    .some((exception) => {
      try {
        return listsSuffix(evaluator.evaluate(exception.entrypoint, input), suffix);
      } catch {
        return false; // an exception that cannot be evaluated excuses nothing
      }
    });
}

function listsSuffix(value: Json | undefined, suffix: string): boolean {
  if (!Array.isArray(value)) return false;
  return (value as readonly Json[]).some(
    (rules) => Array.isArray(rules) && (rules as readonly Json[]).includes(suffix),
  );
}

function verdictOf(policy: DocumentPolicy, document: ScannedDocument, answer: Answer): Verdict {
  const id = document.index === 0 ? document.uri : `${document.uri}#${document.index}`;
  const policyId = `${policy.namespace}.${policy.rule}`;
  return {
    policy: policyId,
    title: `${policy.rule} of ${policy.namespace}`,
    severity: policy.kind === "warn" ? "info" : "high",
    verdict: answer.verdict,
    resource: { id, provider: "document", type: "Document", name: basename(document.uri), account: null, region: null },
    reasons: answer.reasons,
    unknown: [],
    controls: [],
    fingerprint: fingerprint(policyId, { id }, answer.reasons[0]?.path ?? null),
    remediation: null,
    explanation: null,
  };
}
