// Of actions and of the gate that decides on them.
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** A gate looks at all that is known of the world. */
const waits = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function actionMetrics(registers: Registry[]) {
  return {
    actionDecisions: new Counter({
      name: "portcullis_action_decisions_total",
      help: "Decisions of the gate, by kind of action and answer: allow, deny, needs-approval",
      labelNames: ["kind", "answer"],
      registers,
    }),
    actionDecisionSeconds: new Histogram({
      name: "portcullis_action_decision_seconds",
      help: "From a plan to the decision about it, by kind of action",
      labelNames: ["kind"],
      buckets: waits,
      registers,
    }),
    actions: new Gauge({
      name: "portcullis_actions",
      help: "Actions, the last 100,000, by kind and state",
      labelNames: ["kind", "state"],
      registers,
    }),
    actionsAsked: new Gauge({
      name: "portcullis_actions_asked",
      help: "Actions that somebody asked to be run and no process has begun",
      registers,
    }),
    actionBreakerOpen: new Gauge({
      name: "portcullis_action_breaker_open",
      help: "1 while a kind of action failed too often to be run, by kind",
      labelNames: ["kind"],
      registers,
    }),
    actionsStopped: new Gauge({
      name: "portcullis_actions_stopped",
      help: "1 while the stop button is pressed",
      registers,
    }),
    gitopsRepositoryUp: new Gauge({
      name: "portcullis_gitops_repository_up",
      help: "1 where the last look at a repository of desired environments saw everything, 0 where it did not",
      labelNames: ["repository"],
      registers,
    }),
    environmentsOverdue: new Gauge({
      name: "portcullis_environments_overdue",
      help: "Environments and former colours that are past their time and whose end was tried in vain",
      registers,
    }),
  };
}
