// The SDK's own configuration, without anything of the machine's.
const environment: { readonly [name: string]: string | undefined } = {
  AWS_ACCESS_KEY_ID: "testing",
  AWS_SECRET_ACCESS_KEY: "testing",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_REGION: "us-east-1",
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  AWS_ENDPOINT_URL: undefined,
};

/** Sets it; what is returned puts back what was there. */
export function awsEnvironment(): () => void {
  const before = Object.fromEntries(Object.keys(environment).map((name) => [name, process.env[name]]));
  set(environment);
  return () => {
    set(before);
  };
}

function set(values: { readonly [name: string]: string | undefined }): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
