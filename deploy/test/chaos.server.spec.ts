import { expect, it, onTestFailed } from 'vitest';
import type { Setup } from './chaos/plan.js';
import { runChaos } from './chaos/run.js';

/** Seeds of which the first things that go wrong are many kinds: `npm run chaos` has others, and longer. */
const RUNS: readonly [Setup, number, number, readonly string[]][] = [
  ['embedded', 1806, 8, ['network stall', 'kill', 'suspend', 'roll', 'kill', 'kill', 'network slow', 'network reset']],
  [
    'distributed',
    18_861,
    9,
    ['nats kill', 'postgres kill', 'roll', 'network slow', 'kill', 'suspend', 'postgres kill', 'redis kill', 'kill'],
  ],
];

it.each(RUNS)(
  'a gateway, %s, loses, doubles and leaves unanswered nothing when one thing after the other goes wrong (seed %d)',
  { timeout: 960_000 },
  async (setup, seed, faultsMax, wrong) => {
    const told: string[] = [];
    onTestFailed(() => console.error(told.join('\n')));
    const run = await runChaos({ seed, setup, faultsMax, forMs: 120_000, tell: (line) => void told.push(line) });
    expect(run.flaws).toEqual([]);
    const kinds = run.faults.map((fault) => {
      if (fault.kind === 'store') return `${fault.store} ${fault.act}`;
      return fault.kind === 'network' ? `network ${fault.act}` : fault.kind;
    });
    expect(kinds).toEqual(wrong);
    // Calls went on all the while; how many there were is for the machine to say.
    expect(run.endings['ok']).toBeGreaterThan(run.faults.length * 10);
    expect(run.registrations).toBeGreaterThan(5);
  },
);
