/** Arguments of `java` that run the checker of OSCAL's constraints on the files that follow; builds it when it is not there. */
export function setupOscalChecker(): string[];
