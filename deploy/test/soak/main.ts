import { parseArgs } from 'node:util';
import { lineOf, runSoak } from './run.js';

const USAGE = `npm run soak -- [--minutes M] [--rate N]

Five services, two replicas each, behind the shipped edge. Clients call, list, follow streams, open and end sessions, make and revoke
tokens, register and remove upstreams, N times a second. What is in use after a collection, resident memory, descriptors and
subscriptions are taken each minute; none may grow by more than it scatters, no operation may fail, and what was answered, executed
and recorded must be the same number. Durations are shown.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '40' },
    help: { type: 'boolean', default: false },
  },
});
const [minutes, perSecond] = [Number(values.minutes), Number(values.rate)];
if (values.help || !(minutes > 0) || !(perSecond > 0)) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
const { series, flaws, ...run } = await runSoak({
  forMs: minutes * 60_000,
  warmUpMs: minutes * 15_000,
  perSecond,
  sampleMs: Math.min(60_000, Math.max(4_000, minutes * 1_000)),
  allowed: { heapMiB: 1.5, rssShare: 0.08, descriptors: 6, subscriptions: 6 },
  tell: (line) => console.log(line),
});
console.log(JSON.stringify(run));
console.log('what: level, a minute, in all, scatter');
for (const one of series) console.log(lineOf(one));
for (const flaw of flaws) console.log(`FLAW ${flaw}`);
process.exitCode = flaws.length > 0 ? 1 : 0;
