"use strict";
const { listOf } = require("./resources.js");

/** The pod's specification and labels, wherever the kind keeps them; undefined for kinds without pods. */
function podOf({ type, props }) {
  const kind = kindOf(type);
  if (kind === "Pod") return { spec: props.spec ?? {}, labels: props.metadata?.labels ?? {} };
  if (kind === "CronJob") return templateIn(props.spec?.jobTemplate?.spec?.template);
  if (!["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"].includes(kind)) return undefined;
  return templateIn(props.spec?.template);
}

/** The properties with another specification of the pod. */
function withPodSpec({ type, props }, spec) {
  if (kindOf(type) === "Pod") return { ...props, spec };
  const inTemplate = (outer) => ({ ...outer, template: { ...outer.template, spec } });
  if (kindOf(type) !== "CronJob") return { ...props, spec: inTemplate(props.spec) };
  const job = { ...props.spec.jobTemplate, spec: inTemplate(props.spec.jobTemplate.spec) };
  return { ...props, spec: { ...props.spec, jobTemplate: job } };
}

function templateIn(template) {
  return { spec: template?.spec ?? {}, labels: template?.metadata?.labels ?? {} };
}

/** `kubernetes:apps/v1:Deployment` to `Deployment`, other packages' types to undefined. */
function kindOf(type) {
  return type.startsWith("kubernetes:") ? type.slice(type.lastIndexOf(":") + 1) : undefined;
}

function namespaceOf({ props }) {
  return props.metadata?.namespace ?? "default";
}

/** Whether labels meet a label selector; an empty one selects all. */
function selects(selector, labels) {
  const has = (key) => Object.hasOwn(labels, key);
  const pairs = Object.entries(selector?.matchLabels ?? {});
  if (!pairs.every(([key, value]) => has(key) && labels[key] === value)) return false;
  return listOf(selector?.matchExpressions).every(({ key, operator, values }) => {
    switch (operator) {
      case "In":
        return has(key) && listOf(values).includes(labels[key]);
      case "NotIn":
        return !has(key) || !listOf(values).includes(labels[key]);
      case "Exists":
        return has(key);
      case "DoesNotExist":
        return !has(key);
      default:
        return false;
    }
  });
}

const suffixes = new Map(
  Object.entries({
    n: 1e-9,
    u: 1e-6,
    m: 1e-3,
    "": 1,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    P: 1e15,
    E: 1e18,
    Ki: 2 ** 10,
    Mi: 2 ** 20,
    Gi: 2 ** 30,
    Ti: 2 ** 40,
    Pi: 2 ** 50,
    Ei: 2 ** 60,
  }),
);

/** A quantity (`250m`, `1.5Gi`, `2e3`) as a number, or undefined where it is none. */
function parseQuantity(value) {
  if (typeof value === "number") return value;
  const match =
    typeof value === "string" ? /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d{1,3})|([A-Za-z]{0,2}))$/.exec(value) : null;
  if (match === null) return undefined;
  const [, digits, exponent, suffix = ""] = match;
  if (exponent !== undefined) return Number(digits) * 10 ** Number(exponent);
  return suffixes.has(suffix) ? Number(digits) * suffixes.get(suffix) : undefined;
}

module.exports = { kindOf, namespaceOf, parseQuantity, podOf, selects, withPodSpec };
