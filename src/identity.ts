/** Who says who somebody is: see `Actor`. */
export const actorSources = ["os-user", "database-role", "token", "schedule", "event", "git"] as const;

/** Who did something, and who says so: an identity is never taken from what the client claims of itself. */
export interface Actor {
  readonly name: string;
  /**
   * `os-user`: the operating system's user of the process (embedded store). `database-role`: the role that PostgreSQL
   * authenticated. `token`: a service token or a signed-in user of the API. `schedule`: the scheduler, by the schedule's name. `event`: the mapping of `actions.onEvents`, by its name:
   * whoever may publish on the broker. `git`: a repository of `gitops`, by its name: whoever may push to its branch.
   */
  readonly source: (typeof actorSources)[number];
}
