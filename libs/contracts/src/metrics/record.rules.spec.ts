import { expect, it } from 'vitest';
import { fail } from '#libs/errors';
import { clientFactsOf, ruleOf } from './record.rules.js';

it.each([
  ['the permission', fail('auth.grant_missing', { data: { permission: 'tools.execute' } }), 'permission tools.execute'],
  [
    'the limit of a rate',
    fail('http.rate_limited', { data: { limitOf: 'caller', kind: 'rate', limit: 60, retryAfterMs: 1 } }),
    'CALLER_RATE_LIMIT 60',
  ],
  [
    'the limit at once',
    fail('http.rate_limited', { data: { limitOf: 'tool', kind: 'concurrency', limit: 2 } }),
    'TOOL_CONCURRENT_TOTAL 2',
  ],
  ['what is wrong with the token', fail('auth.credential_invalid', { message: 'It has expired' }), 'It has expired'],
  ['nothing where the code says it', fail('upstream.breaker_open', { data: { retryAfterMs: 5 } }), null],
  ['nothing of what is not its own', fail('http.rate_limited', { data: { limitOf: 'x', kind: 'y', limit: 1 } }), null],
])('ruleOf names %s when a call is refused', (_what, error, rule) => {
  expect(ruleOf(error)).toBe(rule);
});

it('clientFactsOf keeps what a client calls itself, cut, and nothing that is no text when it describes itself', () => {
  const long = clientFactsOf({ name: 'n'.repeat(500), version: 'v'.repeat(500) });
  expect([long.clientName?.length, long.clientVersion?.length]).toEqual([128, 64]);
  expect(clientFactsOf({ name: 7, version: '' })).toEqual({ clientName: null, clientVersion: null });
  expect(clientFactsOf(null)).toEqual({ clientName: null, clientVersion: null });
});
