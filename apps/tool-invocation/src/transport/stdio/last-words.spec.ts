import type { ChildProcess } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { LastWords } from './last-words.js';
import { withoutValues } from './program-notes.js';

describe('the last words of a process', () => {
  it('the last words of a process hold no value of its variables, also where they are cut', () => {
    const words = new LastWords(withoutValues({ DATABASE: 'db.example harbour-4711' }));
    words.note('cannot reach db.example harbour-4711 ');
    words.note(`${'x'.repeat(245)} db.example harbour-4711`);
    const child = { exitCode: 1, signalCode: null } as ChildProcess;
    expect(words.reason(child).message).toBe(
      `the process ended with exit code 1 after writing to stderr: cannot reach [redacted] | ${'x'.repeat(245)} [redacted]`,
    );
  });
});
