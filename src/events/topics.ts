// The names of the topics. Tenant and namespace are configured; these are not.
export const topics = {
  /** Out. */
  complianceAlerts: "compliance-alerts",
  scans: "compliance-scans",
  infrastructure: "infrastructure-events",
  cost: "cost-reports",
  /** In. */
  deploymentRequirements: "deployment-requirements",
  scalingRequests: "scaling-requests",
  performanceMetrics: "performance-metrics",
  capacityAlerts: "capacity-alerts",
  healthStatus: "health-status",
  /** Between our own processes. */
  scanShards: "scan-shards",
  /** What could not be used, with the reason. */
  deadLetters: "dead-letters",
} as const;
