/** Path of a tool that `npm run test:tools` built. */
export function toolPath(name: "opa" | "conftest" | "tofu"): string;
