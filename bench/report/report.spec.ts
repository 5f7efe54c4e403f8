import { expect, it } from 'vitest';
import type { Measurement } from '../measure.js';
import { costOf } from '../subject/process-cost.js';
import { pictureOf } from './picture.js';
import { errorsOf, ratiosOf, rowOf, textOfReport } from './summary.js';

const measured = (cpuUsPerCall: number, more: Partial<Measurement> = {}): Measurement => ({
  callsPerSecond: 1_000_000 / cpuUsPerCall,
  p50Ms: cpuUsPerCall / 100,
  p95Ms: 2,
  p99Ms: 3,
  cpuUsPerCall,
  storesCpuUsPerCall: 1,
  rssMb: 100,
  calls: 1_000,
  errors: 0,
  errorSamples: [],
  ...more,
});

const rows = [
  rowOf('tools/call modern', 'upstream alone', [measured(20)]),
  rowOf('tools/call modern', 'bare proxy', [measured(60), measured(50), measured(900)]),
  rowOf('tools/call modern', 'embedded', [measured(90, { errors: 2, errorSamples: ['<odd> & wrong'] })]),
];

it('takes the median round and compares it with the bare proxy', () => {
  expect(ratiosOf(rows)).toEqual([
    {
      scenario: 'tools/call modern',
      subject: 'embedded',
      throughput: 60 / 90,
      cpu: 1.5,
      addedP50Ms: 0.9 - 0.6,
      addedP99Ms: 0,
    },
  ]);
});

it('says first what does not depend on the machine, and names wrong answers', () => {
  const text = textOfReport(rows);
  expect(text.indexOf('1.50 x')).toBeLessThan(text.indexOf('CPU us/call'));
  expect(text).toContain('tools/call modern, embedded: <odd> & wrong');
  expect(errorsOf(rows)).toBe(2);
});

it('draws a picture that is well-formed', () => {
  const svg = pictureOf(rows, 'a <machine> & so on');
  expect(svg).toContain('a &lt;machine> &amp; so on');
  const opened = svg.match(/<(text|rect|svg|style)\b/g) ?? [];
  const closed = svg.match(/<\/(text|svg|style)>|\/>/g) ?? [];
  expect(opened.length).toBe(closed.length);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

it('counts the processor time of a process and its threads', () => {
  const before = costOf([process.pid]);
  const endsAt = Date.now() + 300;
  while (Date.now() < endsAt);
  const after = costOf([process.pid]);
  expect(after.gatewayCpuMs - before.gatewayCpuMs).toBeGreaterThan(30);
  expect(after.gatewayRssBytes).toBeGreaterThan(20_000_000);
});
