/** What goes with a `traceparent` through every hop, as it came. */
export interface PassedContext {
  /** https://www.w3.org/TR/trace-context/#tracestate-header */
  readonly tracestate?: string;
  /** https://www.w3.org/TR/baggage/ */
  readonly baggage?: string;
}

const TRACESTATE_CHARS_MAX = 512;
const BAGGAGE_CHARS_MAX = 8_192;
/** Both are lists for a header: printable, and nothing that ends a line. */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** What of it is fit to be passed on, also as a header; undefined where nothing is. */
export const passedContextOf = (tracestate: unknown, baggage: unknown): PassedContext | undefined => {
  if (tracestate === undefined && baggage === undefined) return undefined;
  const state = fit(tracestate, TRACESTATE_CHARS_MAX);
  const bag = fit(baggage, BAGGAGE_CHARS_MAX);
  if (state === undefined && bag === undefined) return undefined;
  return { ...(state !== undefined && { tracestate: state }), ...(bag !== undefined && { baggage: bag }) };
};

const fit = (text: unknown, charsMax: number): string | undefined =>
  typeof text === 'string' && text.length <= charsMax && PRINTABLE.test(text) ? text : undefined;

/** The headers of a request that continues a trace, name and value in turn. */
export const traceHeaders = (traceparent: string, passed: PassedContext | undefined): string[] =>
  addTraceHeaders([], traceparent, passed);

/** The same behind others. */
export const addTraceHeaders = (
  headers: string[],
  traceparent: string,
  passed: PassedContext | undefined,
): string[] => {
  headers.push('traceparent', traceparent);
  if (passed?.tracestate !== undefined) headers.push('tracestate', passed.tracestate);
  if (passed?.baggage !== undefined) headers.push('baggage', passed.baggage);
  return headers;
};
