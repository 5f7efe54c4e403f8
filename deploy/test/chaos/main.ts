import { parseArgs } from 'node:util';
import type { Setup } from './plan.js';
import { runChaos } from './run.js';

const USAGE = `npm run chaos -- [--seed N] [--minutes M] [--setup embedded|distributed]

Clients call the gateway while processes are killed, suspended and restarted, stores go away, and networks break; then what
clients were told, what the upstream ran and what was recorded is compared, call by call. The same seed goes wrong in the
same way. Without --setup, both, each for half of the time.`;

const SETUPS: readonly Setup[] = ['embedded', 'distributed'];

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    setup: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
const setups = values.setup === undefined ? SETUPS : SETUPS.filter((setup) => setup === values.setup);
if (values.help || !Number.isSafeInteger(seed) || !(minutes > 0) || setups.length === 0) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

let flawed = false;
for (const setup of setups) {
  const forMs = (minutes * 60_000) / setups.length;
  const run = await runChaos({ seed, setup, forMs, tell: (line) => console.log(`${setup}: ${line}`) });
  console.log(JSON.stringify({ ...run, faults: run.faults.length, flaws: run.flaws.length }));
  for (const flaw of run.flaws) console.log(`FLAW ${flaw}`);
  flawed ||= run.flaws.length > 0;
}
process.exitCode = flawed ? 1 : 0;
