import { afterEach, expect, it, vi } from 'vitest';
import { DiscoverUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { createLogger } from '#libs/telemetry';
import { DiscoveryService } from './discovery.service.js';

afterEach(() => vi.useRealTimers());

it('discovery says that an upstream is silent, before whoever asked gives up, when it answers nothing', async () => {
  vi.useFakeTimers();
  const silent = { overview: () => new Promise(() => {}), dialer: { spoken: {} } };
  const credentials = { accessWith: async () => ({ version: '', headers: [], env: {} }) };
  const directory = { adopt: () => silent, credentials } as never;
  const discovery = new DiscoveryService(directory, {} as never, createLogger({ service: 'test', level: 'silent' }));
  const profile = { id: 'one', name: 'silent' } as never;
  const failure = discovery
    .discover({ profile, transport: 'STREAMABLEHTTP', credential: null })
    .catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(DiscoverUpstream.deadlineMs - 1_000);

  expect(await failure).toMatchObject({
    code: 'upstream.timed_out',
    message: expect.stringContaining('did not say within'),
    executed: 'no',
  });
  expect(vi.getTimerCount()).toBe(0);
});
