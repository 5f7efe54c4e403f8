/** What is known of a request by the time it has been answered, for its line in the log. */
export interface RequestFacts {
  readonly correlationId?: string;
  readonly traceId?: string;
  /** Who sent it. */
  readonly principal?: string;
  /** The method of MCP, where it is a request of that. */
  readonly operation?: string;
  readonly tool?: string;
  /** What it failed of. */
  readonly code?: string;
}

const FACTS = Symbol('FACTS');
const NONE: RequestFacts = {};

/** Adds to what is known of a request, which is any object that stands for it from its head to its answer. */
export const noteFacts = (request: object, facts: RequestFacts): void => {
  const noted = request as { [FACTS]?: RequestFacts };
  noted[FACTS] = { ...noted[FACTS], ...facts };
};

/** What is known of a request so far. */
export const factsOf = (request: object): RequestFacts => (request as { [FACTS]?: RequestFacts })[FACTS] ?? NONE;
