import { describe, expect, it } from 'vitest';
import { PASSED_VALUE_CHARS_MAX, isPassedValue, whyNotPassed } from './passed-headers.rules.js';

describe('headers that are passed on', () => {
  it.each(['X-Tenant-Id', 'x-api-key', 'Accept-Language', 'X-Upstream-Authorization', 'X-Client-Id', 'X-Session-Key'])(
    'a header of a client may be passed on when it is %s',
    (name) => expect(whyNotPassed(name)).toBeNull(),
  );

  it.each<[string, string]>([
    ['Authorization', 'the credential for the gateway'],
    ['Cookie', 'never passed on'],
    ['Set-Cookie', 'never passed on'],
    ['Host', 'never passed on'],
    ['Connection', 'never passed on'],
    ['Transfer-Encoding', 'never passed on'],
    ['Proxy-Authorization', 'never passed on'],
    ['Content-Length', 'never passed on'],
    ['Mcp-Session-Id', 'never passed on'],
    ['MCP-Protocol-Version', 'never passed on'],
    ['Mcp-Param-Region', 'never passed on'],
    ['Last-Event-ID', 'never passed on'],
    ['X-Forwarded-For', 'never passed on'],
    ['Forwarded', 'never passed on'],
    ['X-Real-IP', 'never passed on'],
    ['Via', 'never passed on'],
    ['Origin', 'never passed on'],
    ['Sec-Fetch-Site', 'never passed on'],
    ['If-None-Match', 'never passed on'],
    ['X-HTTP-Method-Override', 'never passed on'],
    ['grpc-timeout', 'never passed on'],
    ['traceparent', 'never passed on'],
    ...[
      'X-Trace-Id',
      'X-Request-Id',
      'Request-Id',
      'X-Correlation-ID',
      'X-B3-TraceId',
      'X-B3-Sampled',
      'b3',
      'X-Amzn-Trace-Id',
      'x-amzn-RequestId',
      'uber-trace-id',
      'X-Datadog-Parent-Id',
      'X-Cloud-Trace-Context',
      'sentry-trace',
      'Idempotency-Key',
    ].map((name): [string, string] => [name, 'new in each request']),
    ['X Tenant', 'no name of a header'],
    ['X-Tenant:', 'no name of a header'],
    ['', 'no name of a header'],
  ])('a header of a client is refused with its reason when it is "%s"', (name, reason) => {
    expect(whyNotPassed(name)).toContain(reason);
  });

  it('a value is passed on when it is printable and not too long', () => {
    expect(isPassedValue('tenant one')).toBe(true);
    expect(isPassedValue('a'.repeat(PASSED_VALUE_CHARS_MAX))).toBe(true);
    expect(isPassedValue('a'.repeat(PASSED_VALUE_CHARS_MAX + 1))).toBe(false);
    expect(isPassedValue('tenant\u00fc')).toBe(false);
    expect(isPassedValue('tenant\r\nX-Other: 1')).toBe(false);
  });
});
