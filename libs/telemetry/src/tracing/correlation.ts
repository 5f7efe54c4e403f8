/** By which a client finds its request in the log. */
export const CORRELATION_HEADER = 'X-Correlation-ID';

/** What goes into a line of the log and back into a header as it is. */
const CORRELATION_ID = /^[\w.:@/+=-]{1,128}$/;

/** What a client calls its request, from the value of `X-Correlation-ID`; undefined for what is no such id. */
export const givenCorrelationId = (header: unknown): string | undefined =>
  typeof header === 'string' && CORRELATION_ID.test(header) ? header : undefined;
