/** Path of a tool that `npm run test:tools` built. */
export function toolPath(name: "opa" | "conftest" | "tofu" | "terraform-provider-local" | "pulumi" | "helm" | "kube-apiserver"): string;
/** The folder in which Node finds Pulumi's packages. */
export const pulumiPackages: string;
