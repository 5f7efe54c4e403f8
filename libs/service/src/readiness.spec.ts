import { stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Readiness } from './readiness.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('readiness', () => {
  it('readiness names what is not well', async () => {
    const readiness = new Readiness();
    let bus: string | null = 'disconnected';
    readiness.add('bus', () => bus);
    readiness.addProbe('database', () => Promise.reject(new Error('password=hunter2')));
    readiness.addProbe('cache', () => Promise.resolve());
    expect(await readiness.reasons()).toEqual({ bus: 'disconnected', database: 'not reachable' });
    bus = null;
    expect(await readiness.reasons()).toEqual({ database: 'not reachable' });
  });

  it('readiness asks once a second, however often it is asked, and sees a change then', async () => {
    const readiness = new Readiness();
    let asked = 0;
    let well = true;
    readiness.addProbe('database', async () => {
      asked++;
      if (!well) throw new Error('gone');
    });
    for (let count = 0; count < 50; count++) await Promise.all([readiness.reasons(), readiness.reasons()]);
    expect(asked).toBe(1);
    well = false;
    vi.advanceTimersByTime(999);
    expect([await readiness.reasons(), asked]).toEqual([{}, 1]);
    vi.advanceTimersByTime(1);
    expect([await readiness.reasons(), asked]).toEqual([{ database: 'not reachable' }, 2]);
  });

  it('readiness tells which dependencies answered, and asks them again, when it is looked at without waiting', async () => {
    const readiness = new Readiness();
    let well = true;
    readiness.add('process', () => 'starting');
    readiness.add('bus', () => null);
    readiness.addProbe('database', async () => {
      if (!well) throw new Error('gone');
    });
    readiness.dependencies();
    await vi.advanceTimersByTimeAsync(0);
    expect(readiness.dependencies()).toEqual({ database: true, bus: true });
    well = false;
    await vi.advanceTimersByTimeAsync(1_000);
    readiness.dependencies();
    await vi.advanceTimersByTimeAsync(0);
    expect(readiness.dependencies()).toEqual({ database: false, bus: true });
  });

  it('readiness tells of what is odd without being less ready', async () => {
    const readiness = new Readiness();
    let odd: string | null = 'an hour ahead';
    readiness.addWarning('clock', () => odd);
    expect([await readiness.reasons(), readiness.warnings()]).toEqual([{}, { clock: 'an hour ahead' }]);
    odd = null;
    expect(readiness.warnings()).toEqual({});
  });

  it('readiness does not wait for one that hangs', async () => {
    const readiness = new Readiness();
    readiness.addProbe('database', () => new Promise(() => undefined));
    const asked = readiness.reasons();
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await asked).toEqual({ database: 'not reachable' });
  });

  it('readiness takes an answer that came while its process stood still', async () => {
    vi.useRealTimers();
    const readiness = new Readiness();
    readiness.addProbe('database', async () => void (await stat('/')));
    const reasons = readiness.reasons();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200);
    expect(await reasons).toEqual({});
  });
});
