import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProgramLine } from '#contracts/tool-invocation/health/program-wrote.event';
import { ProgramNotes, withoutValues } from './program-notes.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what programs write to stderr', () => {
  const listening = () => {
    const told: { readonly upstreamId: string; readonly lines: readonly ProgramLine[] }[] = [];
    const notes = new ProgramNotes({ publish: (_event, payload) => void told.push(payload as never) });
    const shown = () => {
      vi.runOnlyPendingTimers();
      return told
        .splice(0)
        .map(({ upstreamId, lines }) => [upstreamId, ...lines.map((line) => [line.kind, line.text])]);
    };
    return { notes, shown };
  };

  it('what programs write is told in its order, of each upstream at once, when there is something', () => {
    const { notes, shown } = listening();
    notes.note('a', 'started', 'process 7');
    notes.note('b', 'wrote', 'other');
    notes.note('a', 'wrote', 'ready\r');
    expect(shown()).toEqual([
      ['a', ['started', 'process 7'], ['wrote', 'ready']],
      ['b', ['wrote', 'other']],
    ]);
    expect(shown()).toEqual([]);
  });

  it('what programs write last is told, and how much was left out, when they write without end', () => {
    const { notes, shown } = listening();
    for (let line = 0; line < 1_000; line++) notes.note('a', 'wrote', `line ${line}`);
    const [[, first, ...lines] = []] = shown();
    expect(first).toEqual(['skipped', '960']);
    expect([lines.length, lines.at(-1)]).toEqual([40, ['wrote', 'line 999']]);
  });

  it('what programs write is told without secrets and colours, and cut, when it holds them', () => {
    const { notes, shown } = listening();
    notes.note('a', 'wrote', '\u001b[31mAPI_KEY=abcdef123456\u001b[0m');
    notes.note('a', 'wrote', `x${'y'.repeat(9_000)}`);
    const [[, masked, long] = []] = shown();
    expect(masked).toEqual(['wrote', 'API_KEY=[redacted]']);
    expect((long as string[])[1]).toHaveLength(500);
  });

  it('what programs write is told without the values of their variables when these are long enough to be secrets', () => {
    const cleaned = withoutValues({ A: 'harbour-4711', B: 'harbour-4711-north', DEBUG: 'true' });
    expect(cleaned('true: harbour-4711-north, harbour-4711')).toBe('true: [redacted], [redacted]');
  });
});
