import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureScale } from './measure.js';

const USAGE = `npm run scale -- [--replicas 1,2,4] [--rates 0,50,100,200,400] [--seconds 10] [--times 2] [--to FILE]

What each service uses of a core, by /proc, with so many replicas of each and so many calls a second: the points that
docs/operations/scale-model.md is held against. Processor time is shared out by the system, so a busy machine will do.`;

const { values } = parseArgs({
  options: {
    replicas: { type: 'string', default: '1,2,4' },
    rates: { type: 'string', default: '0,50,100,200,400' },
    seconds: { type: 'string', default: '10' },
    times: { type: 'string', default: '2' },
    to: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const numbersOf = (text: string): number[] => text.split(',').map(Number);
const [replicas, rates] = [numbersOf(values.replicas), numbersOf(values.rates)];
const [seconds, times] = [Number(values.seconds), Number(values.times)];
if (values.help || [...replicas, seconds, times].some((one) => !(one > 0)) || rates.some((one) => !(one >= 0))) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
await measureScale({
  replicas,
  rates,
  forMs: seconds * 1_000,
  warmUpMs: seconds * 1_500,
  times,
  tell: (point) => {
    const line = JSON.stringify(point);
    console.log(line);
    if (values.to !== undefined) appendFileSync(values.to, `${line}\n`);
  },
});
