import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MeasuredPoint } from './scale/measure.js';
import { type ServiceCost, busyShareOf, costOf, fitService, stayMsOf } from './scale/model.js';

const read = (file: string): string => readFileSync(join(import.meta.dirname, file), 'utf8');
const points = JSON.parse(read('scale/points.json')) as readonly MeasuredPoint[];
const page = read('../../docs/operations/scale-model.md');

const COST: ServiceCost = { idleUs: 4_000, callUs: 100, wakeUpUs: 300 };

describe('the model of what services cost', () => {
  it('fitService finds what points were made of', () => {
    const made = [0, 50, 100, 400].flatMap((perSecond) =>
      [1, 2, 4].map((replicas): MeasuredPoint => {
        const wakeUpsPerSecond = { ingress: 32 * replicas + Math.sqrt(perSecond) * 10 };
        const point = { replicas, perSecond, wakeUpsPerSecond, cpuUsPerSecond: {} };
        return { ...point, cpuUsPerSecond: { ingress: costOf(COST, 'ingress', point) } };
      }),
    );
    const found = fitService(made, 'ingress');
    for (const part of ['idleUs', 'callUs', 'wakeUpUs'] as const) expect(found[part]).toBeCloseTo(COST[part], 3);
    expect(() => fitService(made, 'nobody')).toThrow(RangeError);
  });

  it('busyShareOf is full where calls alone fill the core, and a call costs less the more there are', () => {
    expect(busyShareOf(COST, 0, 2)).toBeCloseTo(0.004);
    expect(busyShareOf(COST, 9_960, 2)).toBeCloseTo(1);
    const each = [10, 100, 1_000, 5_000].map((rate) => busyShareOf(COST, rate, 2) / rate);
    expect(each).toEqual(each.toSorted((one, other) => other - one));
    expect(stayMsOf(COST, 9_980, 2)).toBe(Number.POSITIVE_INFINITY);
  });

  it('the page of the model has the costs that fit what was measured, and says how far off they are', () => {
    const ofBoth = points.map((point) => {
      const services = ['ingress', 'tool-invocation'];
      const measured = services.reduce((sum, service) => sum + (point.cpuUsPerSecond[service] ?? 0), 0);
      const told = services.reduce((sum, service) => sum + costOf(fitService(points, service), service, point), 0);
      return Math.abs(told - measured) / measured;
    });
    const middle = ofBoth.toSorted((one, other) => one - other)[Math.floor(ofBoth.length / 2)] ?? 1;
    expect(page).toContain(`half of the points are within ${Math.round(middle * 100)} %`);
    for (const service of ['ingress', 'tool-invocation', 'nats']) {
      const { idleUs, callUs, wakeUpUs } = fitService(points, service);
      const [idle, call, wakeUp] = [idleUs / 1_000, callUs, wakeUpUs].map((value, at) =>
        value.toFixed(at === 0 ? 1 : 0),
      );
      expect(page).toContain(`| ${service} | ${idle} ms | ${call} µs | ${service === 'nats' ? '–' : `${wakeUp} µs`} |`);
    }
  });
});
