import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProgramLine } from '#contracts/tool-invocation/health/program-wrote.event';
import { ProgramNotes, withoutValues } from './program-notes.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what programs write to stderr', () => {
  const listening = () => {
    const told: { readonly upstreamId: string; readonly lines: readonly ProgramLine[] }[] = [];
    const bus = { connected: true, publish: (_event: unknown, payload: unknown) => void told.push(payload as never) };
    const clean = vi.fn((text: string) => text);
    const notes = new ProgramNotes(bus);
    const note = (upstreamId: string, kind: ProgramLine['kind'], text: string) =>
      notes.note(upstreamId, kind, text, clean);
    const shown = () => {
      vi.runOnlyPendingTimers();
      return told
        .splice(0)
        .map(({ upstreamId, lines }) => [upstreamId, ...lines.map((line) => [line.kind, line.text])]);
    };
    return { bus, clean, note, shown };
  };

  it('what programs write is told in its order, of each upstream at once, when there is something', () => {
    const { note, shown } = listening();
    note('a', 'started', 'process 7');
    note('b', 'wrote', 'other');
    note('a', 'wrote', 'ready\r');
    expect(shown()).toEqual([
      ['a', ['started', 'process 7'], ['wrote', 'ready']],
      ['b', ['wrote', 'other']],
    ]);
    expect(shown()).toEqual([]);
  });

  it('what programs write last is told, and how much was left out, when they write without end', () => {
    const { clean, note, shown } = listening();
    for (let line = 0; line < 1_000; line++) note('a', 'wrote', `line ${line}`);
    const [[, first, ...lines] = []] = shown();
    expect(first).toEqual(['skipped', '960']);
    expect([lines.length, lines.at(-1)]).toEqual([40, ['wrote', 'line 999']]);
    expect(clean).toHaveBeenCalledTimes(40);
  });

  it('what programs write is told without secrets and colours, and cut, when it holds them', () => {
    const { note, shown } = listening();
    note('a', 'wrote', '\u001b[31mAPI_KEY=abcdef123456\u001b[0m');
    note('a', 'wrote', `x${'y'.repeat(9_000)}`);
    const [[, masked, long] = []] = shown();
    expect(masked).toEqual(['wrote', 'API_KEY=[redacted]']);
    expect((long as string[])[1]).toHaveLength(500);
  });

  it('what programs write is told once the bus is connected, and nothing is given to it before', () => {
    const { bus, note, shown } = listening();
    bus.connected = false;
    for (let line = 0; line < 50; line++) note('a', 'wrote', `line ${line}`);
    expect(shown()).toEqual([]);
    bus.connected = true;
    const [[, first, ...lines] = []] = shown();
    expect([first, lines.length, lines.at(-1)]).toEqual([['skipped', '10'], 40, ['wrote', 'line 49']]);
  });

  it('what programs write is told without the values of their variables when these are long enough to be secrets', () => {
    const cleaned = withoutValues({ A: 'harbour-4711', B: 'harbour-4711-north', DEBUG: 'true' });
    expect(cleaned('true: harbour-4711-north, harbour-4711')).toBe('true: [redacted], [redacted]');
  });

  it('what programs write is told without values of several lines when they are written in parts or as JSON', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBg\r\n  kqhkiG9w0BAQEFAA\nshort\n';
    const cleaned = withoutValues({ KEY: key, LOGIN: '{"me":"harbour"}' });
    expect(cleaned('key MIIEvQIBADANBg')).toBe('key [redacted]');
    expect(cleaned('kqhkiG9w0BAQEFAA, short')).toBe('[redacted], short');
    expect(cleaned(JSON.stringify({ key }))).toBe('{"key":"[redacted]"}');
    expect(cleaned(JSON.stringify({ login: '{"me":"harbour"}' }))).toBe('{"login":"[redacted]"}');
  });
});
