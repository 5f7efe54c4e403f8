import { expect, it } from 'vitest';
import { whyOf } from './why.js';

const call = { outcome: 'ok', errorCode: null, rule: null, upstreamRevision: '2026-07-28', latencyMs: 12.4 } as const;

it.each([
  ['it went well', {}, 'The upstream answered.'],
  [
    'it was answered from memory',
    { upstreamRevision: null },
    'It was answered from what the gateway keeps, without asking the upstream.',
  ],
  ['the tool failed', { outcome: 'tool_error' }, 'The tool ran, and answered that it failed.'],
  [
    'the upstream answered an error',
    { outcome: 'error', errorCode: '-32602' },
    'The upstream answered with the JSON-RPC error -32602.',
  ],
  [
    'the upstream was silent',
    { outcome: 'error', errorCode: 'upstream.timed_out' },
    'The upstream did not answer in time (upstream.timed_out).',
  ],
  [
    'a permission is missing',
    { outcome: 'refused', errorCode: 'auth.grant_missing', rule: 'permission tools.execute' },
    'The credential lacks a required permission (auth.grant_missing). The permission tools.execute is missing. Nothing was run.',
  ],
  [
    'a limit was reached',
    { outcome: 'refused', errorCode: 'http.rate_limited', rule: 'CALLER_RATE_LIMIT 60' },
    'Too many requests (http.rate_limited). The limit CALLER_RATE_LIMIT is 60. Nothing was run.',
  ],
  [
    'the token has expired',
    { outcome: 'refused', errorCode: 'auth.credential_invalid', rule: 'The token has expired' },
    'The credential is not valid (auth.credential_invalid). The token has expired. Nothing was run.',
  ],
  [
    'a breaker is open',
    { outcome: 'refused', errorCode: 'upstream.breaker_open' },
    'The upstream has failed repeatedly and is being left alone (upstream.breaker_open). Nothing was run.',
  ],
  ['the client left', { outcome: 'cancelled' }, 'The client cancelled it, or left, after 12 ms.'],
] as const)('whyOf says what became of a call when %s', (_what, facts, why) => {
  expect(whyOf({ ...call, ...facts })).toBe(why);
});
