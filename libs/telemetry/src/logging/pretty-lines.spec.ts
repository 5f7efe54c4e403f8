import { describe, expect, it } from 'vitest';
import { prettyLine } from './pretty-lines.js';

const LINE = {
  level: 'warn',
  time: '2026-07-28T09:00:00.123Z',
  service: 'ingress',
  instance: 'host-1',
  msg: 'an upstream fails',
};

describe('a line for people', () => {
  it('a line for people has time, level, service, message and fields when it is written', () => {
    const line = JSON.stringify({ ...LINE, upstream: 'weather', reason: 'connect ECONNREFUSED', ms: 12 });
    expect(prettyLine(line, false)).toBe(
      '09:00:00.123 WARN  ingress an upstream fails upstream=weather reason="connect ECONNREFUSED" ms=12\n',
    );
  });

  it('a line for people has the stack below it when it is of an error', () => {
    const line = JSON.stringify({ ...LINE, err: { message: 'x', stack: 'Error: x\n    at here' } });
    expect(prettyLine(line, false)).toContain('\n    Error: x\n        at here\n');
  });

  it('a line for people steers no terminal when an upstream wants it to', () => {
    const line = JSON.stringify({
      ...LINE,
      msg: 'a\u001b[2Jb',
      reason: 'c\nd\u009be',
      err: { stack: '\u001b]0;x\u0007' },
    });
    const text = prettyLine(line, false);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).toContain(String.raw`a\u001b[2Jb`);
    expect(text.split('\n')).toHaveLength(3);
  });

  it('a line for people has colours when the terminal has', () => {
    expect(prettyLine(JSON.stringify(LINE), true)).toContain('\u001b[33mWARN ');
  });
});
