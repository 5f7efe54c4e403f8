import { expect, it } from 'vitest';
import { lineOf } from './call-line.js';

const CALL = {
  startedAt: '2026-07-28T09:00:00.000Z',
  user: 'dev@example.com',
  client: 'claude-code',
  method: 'tools/call',
  name: 'weather-forecast',
  outcome: 'ok',
  why: 'The upstream answered.',
  latencyMs: 12.34,
  upstreamMs: 11,
};
const lineWith = (facts: Partial<Record<keyof typeof CALL, unknown>> = {}) =>
  lineOf(JSON.stringify({ ...CALL, ...facts }));

it('a line says when, how long, what and by whom when a call went well', () => {
  expect(lineWith()).toBe(
    '09:00:00.000  ok          12.3 ms (upstream 11.0)   tools/call weather-forecast  by dev@example.com with claude-code',
  );
  expect(lineWith({ user: null, client: null, upstreamMs: 0 })).toBe(
    '09:00:00.000  ok          12.3 ms                   tools/call weather-forecast',
  );
});

it('a second line says why when a call was refused', () => {
  expect(
    lineWith({ outcome: 'refused', why: 'Not allowed (auth.grant_missing). Nothing was run.' }).split('\n')[1],
  ).toBe('              Not allowed (auth.grant_missing). Nothing was run.');
});

it('a line moves no cursor when a name holds control characters', () => {
  expect(lineWith({ name: 'a\u001bb\nc\u202ed' })).toContain('a\ufffdb\ufffdc\ufffdd');
});
