import { describe, expect, it } from 'vitest';
import { Readiness } from './readiness.js';

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

  it('readiness asks at most once a second, however often it is asked, and sees a change within two', async () => {
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
    const lostAtMs = performance.now();
    while (Object.keys(await readiness.reasons()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - lostAtMs).toBeLessThan(2_000);
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
    await expect.poll(() => readiness.dependencies()).toEqual({ database: true, bus: true });
    well = false;
    await expect.poll(() => readiness.dependencies()).toEqual({ database: false, bus: true });
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
    const startedAtMs = performance.now();
    expect(await readiness.reasons()).toEqual({ database: 'not reachable' });
    expect(performance.now() - startedAtMs).toBeLessThan(1_500);
  });
});
