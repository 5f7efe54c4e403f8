import { describe, expect, it } from 'vitest';
import { passedContextOf, traceHeaders } from './passed-context.js';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('what is passed on with a trace', () => {
  it('tracestate and baggage are passed on as they came when they are fit for a header', () => {
    const passed = passedContextOf('a=1,b@c=2', 'user=x%20y;p=1');
    expect(passed).toEqual({ tracestate: 'a=1,b@c=2', baggage: 'user=x%20y;p=1' });
    expect(traceHeaders(TRACEPARENT, passed)).toEqual([
      'traceparent',
      TRACEPARENT,
      'tracestate',
      'a=1,b@c=2',
      'baggage',
      'user=x%20y;p=1',
    ]);
  });

  it.each([
    ['a line ends in it', 'a=1\r\nx-evil: 1'],
    ['it is not printable', 'a=\u00e9'],
    ['it is empty', ''],
    ['it is no text', { a: 1 }],
    ['it is too long', 'a'.repeat(8_193)],
  ])('tracestate and baggage are left out when %s', (_why, value) => {
    expect(passedContextOf(value, value)).toBeUndefined();
    expect(passedContextOf('a=1', value)).toEqual({ tracestate: 'a=1' });
  });

  it('a traceparent goes alone when nothing came with it', () => {
    expect(traceHeaders(TRACEPARENT, passedContextOf(undefined, undefined))).toEqual(['traceparent', TRACEPARENT]);
  });
});
