"use strict";
const { few, listOf, nameOf } = require("./lib/resources.js");
const { kindOf, namespaceOf, parseQuantity, podOf, selects, withPodSpec } = require("./lib/kubernetes.js");

function ofKind(resources, ...kinds) {
  return resources.filter(({ type }) => kinds.includes(kindOf(type)));
}

function byNamespace(resources) {
  const found = new Map();
  for (const resource of resources) {
    const namespace = namespaceOf(resource);
    if (!found.has(namespace)) found.set(namespace, []);
    found.get(namespace).push(resource);
  }
  return found;
}

const workloadKinds = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"];

const networkPolicies = {
  name: "pods-have-network-policies",
  description: "A NetworkPolicy selects every pod: what is selected by none may be reached by all.",
  severity: "high",
  configSchema: {
    properties: {
      exempt: {
        type: "array",
        items: { type: "string" },
        default: ["kube-system"],
        description: "Namespaces left out.",
      },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const workloads = ofKind(resources, ...workloadKinds);
    if (workloads.length === 0) notApplicable("there are no pods");
    const policies = byNamespace(ofKind(resources, "NetworkPolicy"));
    const { exempt } = getConfig();
    for (const workload of workloads) {
      const namespace = namespaceOf(workload);
      const { labels } = podOf(workload);
      const isSelected = (policies.get(namespace) ?? []).some(
        ({ props }) => limitsIngress(props.spec) && selects(props.spec?.podSelector, labels),
      );
      if (!exempt.includes(namespace) && !isSelected)
        report("no NetworkPolicy limits what reaches its pods", workload.urn);
    }
  },
};

function limitsIngress(spec) {
  const types = listOf(spec?.policyTypes);
  return types.length === 0 || types.includes("Ingress");
}

const disruptionBudgets = {
  name: "disruption-budgets-work",
  description: "Several replicas have a disruption budget, and the budget lets a node be emptied.",
  severity: "medium",
  validateStack: ({ resources, notApplicable }, report) => {
    const workloads = ofKind(resources, "Deployment", "StatefulSet").filter(
      ({ props }) => (props.spec?.replicas ?? 1) > 1,
    );
    if (workloads.length === 0) notApplicable("nothing has several replicas");
    const budgets = byNamespace(ofKind(resources, "PodDisruptionBudget"));
    for (const workload of workloads) {
      const { labels } = podOf(workload);
      const { replicas } = workload.props.spec;
      const own = (budgets.get(namespaceOf(workload)) ?? []).filter(({ props }) =>
        selects(props.spec?.selector, labels),
      );
      if (own.length === 0) report(`${replicas} replicas have no disruption budget`, workload.urn);
      for (const budget of own) {
        if (evictable(budget.props.spec, replicas) <= 0) {
          report(`the budget ${budget.props.metadata?.name} never lets one of ${replicas} replicas go`, workload.urn);
        }
      }
    }
  },
};

/** How many replicas a budget lets go at once; percentages are rounded up, as Kubernetes does. */
function evictable({ minAvailable, maxUnavailable }, replicas) {
  if (maxUnavailable !== undefined) return portion(maxUnavailable, replicas);
  return minAvailable === undefined ? replicas : replicas - portion(minAvailable, replicas);
}

function portion(value, of) {
  const percent = /^(\d{1,3})%$/.exec(String(value))?.[1];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) * of) / 100);
}

const namespaceBudget = {
  name: "namespace-requests",
  description: "What a namespace's pods ask for together stays within its share.",
  severity: "medium",
  configSchema: {
    properties: {
      cpu: { type: "string", default: "200", description: "As Kubernetes writes quantities: 200, 1500m." },
      memory: { type: "string", default: "800Gi" },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const workloads = byNamespace(ofKind(resources, ...workloadKinds));
    if (workloads.size === 0) notApplicable("there are no pods");
    const config = getConfig();
    for (const [namespace, all] of workloads) {
      for (const what of ["cpu", "memory"]) {
        const asked = all.reduce((sum, workload) => sum + requested(workload, what), 0);
        if (asked > parseQuantity(config[what])) {
          report(`the namespace ${namespace} asks for ${readable(asked, what)} of ${what}, more than ${config[what]}`);
        }
      }
    }
  },
};

function requested(workload, what) {
  const { spec } = podOf(workload);
  const each = listOf(spec.containers).reduce(
    (sum, one) => sum + (parseQuantity(one?.resources?.requests?.[what]) ?? 0),
    0,
  );
  const count = ["Deployment", "StatefulSet", "ReplicaSet"].includes(kindOf(workload.type))
    ? (workload.props.spec?.replicas ?? 1)
    : 1;
  return each * count;
}

function readable(amount, what) {
  return what === "memory" ? `${(amount / 2 ** 30).toFixed(1)}Gi` : String(Math.round(amount * 1000) / 1000);
}

const probeTiming = {
  name: "probe-timing",
  description: "A pod is taken out of service before it is killed, and gets time to end.",
  severity: "medium",
  validateResource: (args, report) => {
    const pod = podOf(args);
    if (pod === undefined) return args.notApplicable("has no pods");
    const grace = pod.spec.terminationGracePeriodSeconds ?? 30;
    for (const container of listOf(pod.spec.containers)) {
      const sleep = sleepOf(container?.lifecycle?.preStop);
      if (sleep >= grace)
        report(`${container.name}: preStop sleeps for ${sleep} s, and the pod is killed after ${grace} s`);
      const [ready, alive] = [patience(container?.readinessProbe), patience(container?.livenessProbe)];
      if (ready !== undefined && alive !== undefined && ready > alive) {
        report(
          `${container.name}: is restarted after ${alive} s without an answer, before it leaves service after ${ready} s`,
        );
      }
    }
  },
};

/** Seconds until a probe has failed for good. */
function patience(probe) {
  if (typeof probe !== "object" || probe === null) return undefined;
  return (probe.periodSeconds ?? 10) * (probe.failureThreshold ?? 3);
}

function sleepOf(hook) {
  if (typeof hook?.sleep?.seconds === "number") return hook.sleep.seconds;
  const command = listOf(hook?.exec?.command).join(" ");
  return Number(/\bsleep (\d{1,6})\b/.exec(command)?.[1] ?? 0);
}

const tokens = {
  name: "no-service-account-token",
  description: "A pod gets the token of its service account only when it says so.",
  severity: "medium",
  enforcementLevel: "remediate",
  validateResource: (args, report) => {
    const pod = podOf(args);
    if (pod === undefined) return args.notApplicable("has no pods");
    if (pod.spec.automountServiceAccountToken === undefined) report("automountServiceAccountToken is not said");
  },
  remediateResource: (args) => {
    const pod = podOf(args);
    if (pod === undefined || pod.spec.automountServiceAccountToken !== undefined) return undefined;
    return withPodSpec(args, { ...pod.spec, automountServiceAccountToken: false });
  },
};

/** Rights by which a subject gets those of others. */
const escalating = [
  { verb: "escalate", resources: ["roles", "clusterroles"] },
  { verb: "bind", resources: ["roles", "clusterroles"] },
  { verb: "impersonate", resources: ["users", "groups", "serviceaccounts"] },
  { verb: "create", resources: ["serviceaccounts/token", "pods/exec"] },
  { verb: "get", resources: ["secrets"], everywhere: true },
];

const noRoleEscalation = {
  name: "no-role-escalation",
  description: "No subject gets more rights by its Kubernetes roles than were given to it.",
  severity: "critical",
  configSchema: {
    properties: {
      trusted: {
        type: "array",
        items: { type: "string" },
        default: ["system:masters", "cluster-admin"],
        description: "Names of subjects and roles that may.",
      },
    },
  },
  validateStack: ({ resources, getConfig, notApplicable }, report) => {
    const bindings = ofKind(resources, "RoleBinding", "ClusterRoleBinding");
    if (bindings.length === 0) notApplicable("there are no role bindings");
    const roles = new Map(ofKind(resources, "Role", "ClusterRole").map((role) => [roleKey(role), role]));
    const { trusted } = getConfig();
    for (const binding of bindings) {
      const reference = binding.props.roleRef ?? {};
      const namespace = reference.kind === "ClusterRole" ? "" : namespaceOf(binding);
      const role = roles.get(`${reference.kind}/${namespace}/${reference.name}`);
      if (role === undefined || trusted.includes(reference.name)) continue;
      const isEverywhere = kindOf(binding.type) === "ClusterRoleBinding";
      const ways = escalating.filter((way) => (isEverywhere || way.everywhere !== true) && gives(role, way));
      const subjects = listOf(binding.props.subjects)
        .map(({ name }) => name)
        .filter((name) => !trusted.includes(name));
      if (ways.length === 0 || subjects.length === 0) continue;
      const shown = ways.map(({ verb, resources: all }) => `${verb} ${all[0]}`);
      report(`${few(subjects, 3)} may ${few(shown, 3)} by ${nameOf(role)}`, binding.urn);
    }
  },
};

function roleKey(role) {
  const kind = kindOf(role.type);
  return `${kind}/${kind === "ClusterRole" ? "" : namespaceOf(role)}/${role.props.metadata?.name}`;
}

function gives(role, { verb, resources }) {
  return listOf(role.props.rules).some((rule) => {
    const [verbs, all] = [listOf(rule?.verbs), listOf(rule?.resources)];
    const isNamed = listOf(rule?.resourceNames).length > 0;
    return (
      !isNamed &&
      (verbs.includes("*") || verbs.includes(verb)) &&
      (all.includes("*") || resources.some((one) => all.includes(one)))
    );
  });
}

module.exports = {
  kubernetes: [networkPolicies, disruptionBudgets, namespaceBudget, probeTiming, tokens, noRoleEscalation],
  evictable,
};
