import { expect, it, onTestFailed } from 'vitest';
import { runSoak } from './soak/run.js';

/** `npm run soak` goes on for an hour, and lets nothing grow by more than it scatters; in half a minute code is still being compiled, and beside other tests what is late, refused or lost is for the machine to say. */
it('five services behind the shipped edge answer nothing wrong, record what they answered and hold no more when clients, sessions, tokens and upstreams come and go', {
  timeout: 960_000,
}, async () => {
  const told: string[] = [];
  onTestFailed(() => console.error(told.join('\n')));
  const run = await runSoak({
    forMs: 28_000,
    warmUpMs: 14_000,
    perSecond: 12,
    sampleMs: 3_500,
    allowed: { heapMiB: 6, rssShare: 0.25, descriptors: 60, subscriptions: 20 },
    isBusy: true,
    tell: (line) => void told.push(line),
  });
  expect(run.flaws).toEqual([]);
  // How many there were is for the machine to say.
  expect(run.books.answered).toBeGreaterThan(20);
  for (const times of Object.values(run.operations)) expect(times).toBeGreaterThan(0);
});
