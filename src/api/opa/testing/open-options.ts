import { pino } from "pino";
import { systemClock } from "../../../clock.js";
import type { DecisionLog } from "../../../store/decision-log.js";
import type { OpenOpa } from "../open-opa.js";

const nowhere = (): Promise<never> => Promise.reject(new Error("this test keeps no decisions"));

/** What `openOpa` needs besides policies and configuration. */
export function openOptions(dataDir: string): Omit<OpenOpa, "config" | "own"> {
  const decisions: DecisionLog = { append: nowhere, list: nowhere, pending: nowhere, sent: nowhere, trim: nowhere };
  return { clock: systemClock, log: pino({ level: "silent" }), decisions, dataDir, version: "test" };
}
