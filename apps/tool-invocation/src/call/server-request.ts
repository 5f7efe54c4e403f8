/**
 * A request that an upstream makes of the client while it works on a call: sampling, elicitation, roots.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
export interface ServerRequest {
  /** Under which the client answers it. */
  readonly key: string;
  readonly method: string;
  readonly paramsText: string;
  /** Answers the upstream with the text of a result. */
  readonly reply: (result: string) => void;
  /** Answers the upstream with an error; `code` is the one of JSON-RPC. */
  readonly refuse: (message: string, code?: number) => void;
}

/** The requests as the `inputRequests` of an answer: JSON text of an object. */
export const inputRequestsText = (requests: Iterable<ServerRequest>): string => {
  const entries = [...requests].map(
    ({ key, method, paramsText }) => `"${key}":{"method":"${method}","params":${paramsText}}`,
  );
  return `{${entries.join(',')}}`;
};
