import type { CodeFix } from "./code-fix.js";

/** Fixes of Kubernetes manifests. */
export const kubernetesFixes: readonly CodeFix[] = [
  {
    policy: "kubernetes-namespace-pod-security-label",
    yaml: { "pod-security.kubernetes.io/enforce": "baseline" },
    caution: "pods that break the baseline standard are refused from then on",
  },
  {
    policy: "kubernetes-pod-drop-all-capabilities",
    yaml: { drop: ["ALL"] },
    caution: "a program that needs a capability gets it back with `add`",
  },
  {
    policy: "kubernetes-pod-no-default-service-account-token",
    yaml: { automountServiceAccountToken: false },
    caution: "a program that calls the Kubernetes API needs a service account of its own",
  },
  { policy: "kubernetes-pod-no-host-network", yaml: { hostNetwork: false } },
  { policy: "kubernetes-pod-no-host-pid-ipc", yaml: { hostPID: false, hostIPC: false } },
  { policy: "kubernetes-pod-no-privilege-escalation", yaml: { allowPrivilegeEscalation: false } },
  { policy: "kubernetes-pod-no-privileged", yaml: { privileged: false, hostProcess: false } },
  {
    policy: "kubernetes-pod-read-only-root-filesystem",
    yaml: { readOnlyRootFilesystem: true },
    caution: "what the program writes needs a volume",
  },
  {
    policy: "kubernetes-pod-run-as-non-root",
    yaml: { runAsNonRoot: true },
    caution: "an image whose user is root does not start any more",
  },
  { policy: "kubernetes-pod-seccomp-profile", yaml: { type: "RuntimeDefault" } },
];
