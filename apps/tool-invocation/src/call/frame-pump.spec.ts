import type { CallFrame } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { FramePump } from './frame-pump.js';

const progress = (value: number): CallFrame => ({ kind: 'progress', progress: value });
const log = (data: unknown): CallFrame => ({ kind: 'log', level: 'info', data });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('FramePump', () => {
  it('FramePump hands frames on in order when they are taken', async () => {
    const pump = new FramePump();
    const taken: CallFrame[] = [];
    pump.attach({ send: async (frame) => void taken.push(frame) });

    for (const frame of [progress(1), log('a'), progress(2)]) pump.offer(frame);
    await pump.drained();

    expect(taken).toEqual([progress(1), log('a'), progress(2)]);
  });

  it('FramePump keeps the newest progress and messages when nobody takes any', async () => {
    const pump = new FramePump();
    for (let value = 1; value <= 1_000; value++) pump.offer(progress(value));
    for (let value = 1; value <= 1_000; value++) pump.offer(log(value));
    const taken: CallFrame[] = [];
    pump.attach({ send: async (frame) => void taken.push(frame) });
    await pump.drained();

    expect(taken).toHaveLength(256);
    expect(taken.at(-1)).toEqual(log(1_000));
    expect(pump.dropped).toBe(2_000 - 256);
  });

  it('FramePump sends one frame at a time when its sink is slow', async () => {
    const pump = new FramePump();
    let take = () => {};
    const taken: CallFrame[] = [];
    pump.attach({
      send: (frame) => {
        taken.push(frame);
        return taken.length > 1 ? Promise.resolve() : new Promise((resolve) => (take = resolve));
      },
    });
    for (let value = 1; value <= 100; value++) pump.offer(progress(value));
    expect(taken).toEqual([progress(1)]);
    take();
    await settled();

    const values = taken.map((frame) => (frame.kind === 'progress' ? frame.progress : null));
    expect(values).toEqual([...Array.from({ length: 32 }, (_, at) => at + 1), 100]);
  });

  it('FramePump drops nothing when a burst comes in one piece', async () => {
    const pump = new FramePump();
    const taken: CallFrame[] = [];
    pump.attach({ send: async (frame) => void taken.push(frame) });
    const burst = Array.from({ length: 10 }, (_, at) => progress(at + 1));
    for (const frame of burst) pump.offer(frame);
    await pump.drained();

    expect(taken).toEqual(burst);
  });

  it('FramePump goes on without repeating when another sink is attached', async () => {
    const pump = new FramePump();
    const first: CallFrame[] = [];
    const second: CallFrame[] = [];
    pump.attach({ send: async (frame) => void first.push(frame) });
    pump.offer(progress(1));
    await pump.drained();
    pump.attach(undefined);
    pump.offer(progress(2));
    pump.attach({ send: async (frame) => void second.push(frame) });
    await pump.drained();

    expect([first, second]).toEqual([[progress(1)], [progress(2)]]);
  });

  it('FramePump does not wait when its sink has gone', async () => {
    const pump = new FramePump();
    pump.attach({
      send: async () => {
        throw new Error('gone');
      },
    });
    pump.offer(progress(1));
    pump.offer(progress(2));

    await expect(pump.drained()).resolves.toBeUndefined();
  });

  it.each([[Number.NaN], [1], [0]])('FramePump drops progress when it does not advance: %d', (value) => {
    const pump = new FramePump();
    pump.offer(progress(1));
    pump.offer(progress(value));

    expect(pump.dropped).toBe(1);
  });
});
