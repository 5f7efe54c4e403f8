import { isHeaderName, isHeaderValue, isReservedHeader } from '../auth/upstream-credential.rules.js';

/**
 * Which headers of clients may go on to upstreams. One home for two places: the registry reads names from settings and
 * bodies, ingress takes values off requests. Nothing here repeats a value.
 */

/** Names for one gateway. */
export const PASSED_HEADERS_MAX = 32;
/** Of one value. */
export const PASSED_VALUE_CHARS_MAX = 4096;
/** Of all names and values that go with one call. */
export const PASSED_CHARS_MAX = 16_384;

/** What a client sends in it reaches the upstream as `authorization`. In lower case, as all names here. */
export const UPSTREAM_AUTHORIZATION = 'x-upstream-authorization';

/** What clients and proxies say to the gateway alone: who they are, where they are, and what of an answer they want. */
const SAID_TO_THE_GATEWAY =
  /^(?:authorization|cookie2?|set-cookie2?|forwarded|via|x-forwarded-.*|x-real-ip|x-original-.*|(?:x-)?(?:true-)?client-ip|cf-connecting-ip|origin|referer|sec-.*|access-control-.*|if-.*|range|user-agent|date|grpc-.*|x-mcp-session-id|x-(?:http-)?method(?:-override)?)$/i;

/**
 * What names one request. Who sends other values shares no conversation with an upstream, so each call would open one of
 * its own.
 */
const OF_ONE_REQUEST =
  /^(?:(?:.*-)?(?:request|trace|span|correlation|transaction|invocation|message)-?id|b3|x-b3-.*|x-datadog-.*|x-ot-.*|uberctx-.*|.*-trace|.*-traceparent|x-cloud-trace-context|newrelic|cf-ray|(?:x-)?(?:idempotency-key|nonce|timestamp|(?:request|queue)-start))$/i;

/** Why no header of this name is passed on; null where it may be. */
export const whyNotPassed = (name: string): string | null => {
  if (!isHeaderName(name)) return 'is no name of a header';
  if (name.toLowerCase() === 'authorization')
    return 'holds the credential for the gateway; what clients send as X-Upstream-Authorization becomes the Authorization of the upstream';
  if (isReservedHeader(name) || SAID_TO_THE_GATEWAY.test(name)) return 'is never passed on';
  return OF_ONE_REQUEST.test(name)
    ? 'is new in each request, and what is passed on must stay the same for a caller; the trace context goes on by itself'
    : null;
};

/** Whether a value may be passed on: at most 4096 printable ASCII characters, blanks and tabs. */
export const isPassedValue = (value: string): boolean => value.length <= PASSED_VALUE_CHARS_MAX && isHeaderValue(value);
