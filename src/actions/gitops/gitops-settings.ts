// `gitops:` of portcullis.yaml: repositories of desired environments.
import { z } from "zod";

const secret = z.union(
  [z.strictObject({ env: z.string().min(1).max(200) }), z.strictObject({ file: z.string().min(1).max(4_096) })],
  "expected env: NAME, or file: PATH",
);
/** Never a flag of git, and no name that git gives another meaning. */
const branch = z
  .string()
  .regex(/^(?!\/|.*(?:\.\.|\/\/|@\{|\.lock$|\/$))[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$/, "expected the name of a branch");

const repository = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "expected small letters, digits and dashes, at most 40"),
    url: z
      .string()
      .max(2_000)
      .regex(
        /^(https:\/\/[^\s@\\]+|ssh:\/\/([a-z0-9._-]+@)?[a-z0-9][^\s@\\]*|file:\/\/\/[^\s\\]+)$/i,
        "expected https://, ssh:// or file:// without a password",
      ),
    /** What is on it is applied where the gate allows it; default main. */
    branch: branch.optional(),
    /** Branches whose files are planned and decided on, and never applied; `*` at the end stands for anything. */
    previews: z
      .array(z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}\*?$/))
      .max(50)
      .optional(),
    /** Of the files; default environments. */
    folder: z
      .string()
      .regex(
        /^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}(\/[A-Za-z0-9_][A-Za-z0-9_-]{0,99}){0,9}$/,
        "expected a folder such as environments",
      )
      .optional(),
    /** Seconds between two looks; default 60. */
    poll: z.number().positive().max(86_400).optional(),
    /** Minutes between two looks for drift; default 60; 0 for never. */
    drift: z.number().min(0).max(100_000).optional(),
    /** Of an https address: `user` (default x-access-token) and the token by Basic, or the token alone by Bearer. */
    credentials: z
      .strictObject({
        user: z
          .string()
          .regex(/^[^\s:]{1,200}$/, "expected a name without a colon")
          .optional(),
        scheme: z.enum(["basic", "bearer"]).optional(),
        token: secret,
      })
      .optional(),
    /** PEM certificates that the server and the API of statuses are trusted by, instead of the system's. */
    caFile: z.string().min(1).max(4_096).optional(),
    /** Of an ssh address: the file of a key without a passphrase, and one of known hosts. */
    ssh: z.strictObject({ key: z.string().min(1), knownHosts: z.string().min(1) }).optional(),
    /** A repository on this machine. */
    allowFile: z.boolean().optional(),
    /** Who may say that there is something new (POST /v1/integrations/git). */
    webhook: z.strictObject({ secret }).optional(),
    /** Where the result is shown beside the commit. */
    status: z
      .strictObject({
        format: z.enum(["github", "gitlab"]),
        /** `https://api.github.com`, `https://gitlab.com/api/v4`. */
        api: z
          .string()
          .max(2_000)
          .regex(/^https?:\/\/[^\s@?#]+$/, "expected an address that begins with https://"),
        /** `owner/name`; of GitLab also the number of the project. */
        repository: z.string().regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,20}$/),
        token: secret,
        /** Of this service: results link to it. */
        url: z
          .string()
          .regex(/^https?:\/\/[^\s]+$/)
          .max(1_000)
          .optional(),
        /** http:// too: for tests on one machine. */
        insecureHttp: z.boolean().optional(),
      })
      .optional(),
    limits: z
      .strictObject({
        /** Of one fetch; default 200. */
        mebibytes: z.number().int().min(1).max(10_000).optional(),
        /** Of one fetch; default 120. */
        seconds: z.number().min(1).max(3_600).optional(),
      })
      .optional(),
  })
  .refine(({ url, allowFile }) => allowFile === true || !/^file:/i.test(url), {
    message: "a file:// address needs allowFile: true",
  });

export const gitopsSettings = z.strictObject({
  repositories: z
    .array(repository)
    .min(1)
    .max(100)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two repositories have one name"),
});
export type GitopsSettings = z.infer<typeof gitopsSettings>;
export type RepositorySettings = z.infer<typeof repository>;

/** The branch whose files are applied. */
export function mainOf({ branch = "main" }: RepositorySettings): string {
  return branch;
}
