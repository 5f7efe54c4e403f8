import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.resetModules());

/** As in a process that has sent nothing yet. */
const firstId = async (): Promise<number> => {
  vi.resetModules();
  return (await import('./request.js')).nextRequestId();
};

it('requests of one replica have other ids than those of another when both have sent as many', async () => {
  const [one, other] = [await firstId(), await firstId()];
  expect(one).not.toBe(other);
  expect(Math.max(one, other)).toBeLessThan(2 ** 31);
});
