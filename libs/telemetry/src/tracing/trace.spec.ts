import { describe, expect, it } from 'vitest';
import {
  childTraceparent,
  currentTrace,
  enterTraceparent,
  isSampled,
  runInTrace,
  sampleBy,
  traceIdOf,
} from './trace.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';

describe('traceparent', () => {
  it('traceparent continues the trace with a span of its own, flags kept', () => {
    const child = childTraceparent(PARENT);
    expect(child).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/);
    expect(child).not.toBe(PARENT);
  });

  it('traceparent continues what a later version of the header carries', () => {
    expect(childTraceparent(`cc${PARENT.slice(2)}-what-the-future-holds`)).toContain(
      '0af7651916cd43dd8448eb211c80319c',
    );
  });

  it.each([
    undefined,
    '',
    'garbage',
    PARENT.toUpperCase(),
    `${PARENT}-more`,
    `ff${PARENT.slice(2)}`,
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  ])('traceparent starts a trace where the parent is absent or invalid: %s', (parent) => {
    expect(childTraceparent(parent)).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
    expect(traceIdOf(parent)).toBeUndefined();
  });

  it.each([
    ['00', false],
    ['01', true],
    ['02', false],
    ['09', true],
    ['0a', false],
    ['0b', true],
    ['fe', false],
    ['ff', true],
  ])('isSampled reads the lowest bit when the flags are %s', (flags, is) => {
    expect(isSampled(PARENT.replace(/00$/, flags))).toBe(is);
  });

  it.each([
    ['00', true, '01'],
    ['01', true, '01'],
    ['03', false, '02'],
    ['0a', true, '0b'],
    ['0b', false, '0a'],
  ])('enterTraceparent keeps what else flags %s say when the decision is %s', (flags, is, expected) => {
    const told: unknown[] = [];
    sampleBy({ begins: () => !is, continues: (...facts) => Boolean(told.push(facts)) && is });
    try {
      const own = enterTraceparent(PARENT.replace(/00$/, flags));
      expect(own).toMatch(new RegExp(`^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-${expected}$`));
      expect(told).toEqual([['0af7651916cd43dd8448eb211c80319c', flags.endsWith('1') || /[3b]$/.test(flags)]]);
      expect(enterTraceparent('garbage')).toMatch(is ? /-00$/ : /-01$/);
    } finally {
      sampleBy(null);
    }
  });

  it('traceparent never gives an id twice', () => {
    const ids = new Set(Array.from({ length: 20_000 }, () => traceIdOf(childTraceparent())));
    expect(ids.size).toBe(20_000);
  });

  it('traceparent is known for as long as the request lasts, across awaits', async () => {
    const trace = { correlationId: 'c', traceparent: PARENT, traceId: 't' };
    await runInTrace(trace, async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(currentTrace()).toBe(trace);
    });
    expect(currentTrace()).toBeUndefined();
  });
});
