import { afterEach, beforeEach, expect, it } from 'vitest';
import { StallWatch } from './stall-watch.js';

/** Does nothing else meanwhile, like a process that is suspended. */
const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let watch: StallWatch;
beforeEach(() => {
  watch = new StallWatch();
});
afterEach(() => watch.stop());

it('a stall is known to whoever asks at once after it, and for how long it was', async () => {
  const sinceMs = performance.now();
  await pause(250);
  block(1_000);

  expect(watch.stalledMsSince(sinceMs)).toBeGreaterThan(800);
  expect(sinceMs + watch.stalledMsSince(sinceMs)).toBeLessThanOrEqual(performance.now());
});

it('a stall counts for what lay in it, and for nothing that began later', () => {
  let nowMs = 0;
  const clock = new StallWatch(() => nowMs);
  nowMs = 1_000;
  expect(clock.stalledMsSince(0)).toBe(900);
  expect(clock.stalledMsSince(700)).toBe(300);
  expect(clock.explains(700)).toBe(true);

  nowMs = 1_120;
  expect(clock.stalledMsSince(700)).toBe(300);
  expect(clock.explains(1_001)).toBe(false);
  clock.stop();
});

it('a stall explains little when the wait was long', () => {
  let nowMs = 0;
  const clock = new StallWatch(() => nowMs);
  nowMs = 1_000;
  expect(clock.explains(0)).toBe(true);
  for (nowMs = 1_100; nowMs < 30_000; nowMs += 100) clock.stalledMsSince(0);

  expect(clock.stalledMsSince(0)).toBe(900);
  expect(clock.explains(0)).toBe(false);
  clock.stop();
});
