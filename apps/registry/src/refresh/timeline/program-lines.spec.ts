import { describe, expect, it } from 'vitest';
import { ProgramWrote } from '#contracts/tool-invocation/health/program-wrote.event';
import { LocalBus } from '#libs/bus';
import { ProgramLines } from './program-lines.js';

describe('the lines of a program', () => {
  it('the lines of a program are kept once, without the batch, when the bus tells a batch again', async () => {
    const broker = new LocalBus();
    const lines = new ProgramLines(broker.join('registry'));
    const teller = broker.join('tool-invocation');
    const tell = (batch: string) => {
      const line = { at: '2026-07-28T09:00:00.000Z', kind: 'wrote', text: batch } as const;
      teller.publish(ProgramWrote, { upstreamId: 'u', batch, lines: [line] });
    };
    for (const batch of ['first', 'second', 'first', 'second', 'third']) tell(batch);
    await expect.poll(() => lines.of('u').at(-1)?.text).toBe('third');
    expect(lines.of('u').map(({ text }) => text)).toEqual(['first', 'second', 'third']);
    expect(Object.keys(lines.of('u')[0] ?? {})).toEqual(['at', 'kind', 'text']);
    lines.onModuleDestroy();
  });
});
