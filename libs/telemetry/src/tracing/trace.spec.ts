import { describe, expect, it } from 'vitest';
import { childTraceparent, currentTrace, runInTrace, traceIdOf } from './trace.js';

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
