// Protect the load balancer against deletion.
import { balancerAttribute } from "./elbv2-attribute.js";

export const elbv2DeletionProtection = balancerAttribute({
  id: "aws-elbv2-deletion-protection",
  title: "Protect the load balancer against deletion",
  policies: ["aws-elbv2-deletion-protection"],
  undo: "Turns the protection off again.",
  caution: null,
  key: "deletion_protection.enabled",
});
