import { describe, expect, it } from 'vitest';
import { type Point, isSteep, slopeOf } from './soak/slopes.js';

const ALLOWED = 5;
const points = (value: (atMin: number) => number): Point[] =>
  Array.from({ length: 60 }, (_, atMin) => ({ atMin, value: value(atMin) }));
/** Up and down, the same each time. */
const scatter = (atMin: number): number => 10 * Math.sin(atMin * 2.4);

describe('the slope of a soak', () => {
  it('slopeOf finds what a value grows by when it scatters, and isSteep tells it from none', () => {
    const flat = slopeOf(points((atMin) => 100 + scatter(atMin)));
    expect(Math.abs(flat.perMin)).toBeLessThan(0.05);
    expect(isSteep(flat, ALLOWED)).toBe(false);

    const leaking = slopeOf(points((atMin) => 100 + atMin + scatter(atMin)));
    expect(leaking.perMin).toBeCloseTo(1, 1);
    expect(isSteep(leaking, ALLOWED)).toBe(true);
  });

  it('slopeOf stays as it is when a few values are far off', () => {
    const { perMin } = slopeOf(points((atMin) => (atMin > 56 ? 10_000 : 100 + scatter(atMin))));
    expect(Math.abs(perMin)).toBeLessThan(0.3);
  });

  it('isSteep lets what grows by less than may be go when nothing scatters', () => {
    expect(isSteep(slopeOf(points((atMin) => 100 + atMin / 20)), ALLOWED)).toBe(false);
  });
});
