import { describe, expect, it } from 'vitest';
import { pause } from '#libs/resilience';

describe('pause', () => {
  it('pause resolves when its time is over, and not before', async () => {
    const startedAtMs = performance.now();
    await pause(30, new AbortController().signal);
    // A timer of Node may be a millisecond early.
    expect(performance.now()).toBeGreaterThanOrEqual(startedAtMs + 29);
  });

  it('pause resolves at once when its signal aborts', async () => {
    const control = new AbortController();
    const pausing = pause(60_000, control.signal);
    control.abort();
    await expect(pausing).resolves.toBeUndefined();
  });

  it('pause resolves at once when its signal has aborted before', async () => {
    await expect(pause(60_000, AbortSignal.abort())).resolves.toBeUndefined();
  });
});
