import { describe, expect, it } from 'vitest';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { parseConfig } from '#libs/config';
import { toolInvocationOptions } from '../tool-invocation.config.js';
import { settingsOf } from '../tool-invocation.settings.js';
import { UpstreamHealth } from './upstream-health.js';

const PROFILE: UpstreamProfile = {
  id: 'upstream',
  name: 'upstream',
  slug: 'upstream',
  version: '1',
  transport: 'STREAMABLEHTTP',
  url: 'http://127.0.0.1:3000/mcp',
  command: null,
  args: [],
  timeoutMs: null,
  concurrencyMax: null,
};

/** An upstream with several addresses, which are looked at as the test says. */
const given = (recheck: () => Promise<void>, addresses: { isSound: boolean }) => {
  const env = { MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '2' };
  const settings = settingsOf(parseConfig(toolInvocationOptions, env), { embedded: true, dataDir: '.switchyard' });
  const told: string[] = [];
  const health = new UpstreamHealth(
    settings,
    'http',
    PROFILE,
    {
      failed: () => {},
      breakerOpened: (_profile, { code }) => void told.push(`opened: ${code}`),
      breakerClosed: () => {},
    },
    { hasSound: () => addresses.isSound, recheck },
  );
  const callInVain = async (): Promise<void> => {
    health.passBreaker();
    health.heardNothing(undefined);
    await new Promise(setImmediate);
  };
  return { health, told, callInVain };
};

describe('the health of an upstream with several addresses', () => {
  it('the breaker opens when calls hear nothing and no address answers', async () => {
    const addresses = { isSound: true };
    const { told, callInVain, health } = given(async () => {
      addresses.isSound = false;
    }, addresses);
    await callInVain();
    expect(told).toEqual([]);
    await callInVain();
    expect(told).toEqual(['opened: upstream.timed_out']);
    expect(() => health.passBreaker()).toThrow(expect.objectContaining({ code: 'upstream.breaker_open' }));
  });

  it('the breaker stays closed when calls hear nothing and an address answers', async () => {
    const addresses = { isSound: false };
    const { told, callInVain } = given(async () => {}, addresses);
    await callInVain();
    addresses.isSound = true;
    await callInVain();
    addresses.isSound = false;
    await callInVain();
    expect(told).toEqual([]);
  });

  it('calls that hear nothing count once when the addresses are looked at for all of them', async () => {
    const look = Promise.withResolvers<void>();
    const { told, callInVain } = given(() => look.promise, { isSound: false });
    for (let calls = 0; calls < 3; calls++) await callInVain();
    look.resolve();
    await new Promise(setImmediate);
    expect(told).toEqual([]);
  });
});
