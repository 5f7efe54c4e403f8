import { describe, expect, it } from 'vitest';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { LocalBus } from '#libs/bus';
import { parseConfig } from '#libs/config';
import { GatewayError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { JoinedConnectors } from '../connectors/joined-connectors.js';
import type { Peer } from '../conversation/peer.js';
import { toolInvocationOptions } from '../tool-invocation.config.js';
import { settingsOf } from '../tool-invocation.settings.js';
import type { Access } from '../transport/channel.js';
import { PassedAccesses } from './passed-headers/passed-access.js';
import { UpstreamFactory } from './upstream-factory.js';

const given = (env: Record<string, string>, changes: Partial<UpstreamProfile> = {}) => {
  const settings = settingsOf(parseConfig(toolInvocationOptions, env), { embedded: true, dataDir: '.switchyard' });
  const profile: UpstreamProfile = {
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
    ...changes,
  };
  const host = {
    onListChanged() {},
    onOwnListChanged() {},
    onPeerGone() {},
    onResourceHinted() {},
    onLogged() {},
    onElicitationCompleted() {},
    onListsInvalidated() {},
    onUnwatched() {},
    async onSilent() {},
    told: { failed() {}, breakerOpened() {}, breakerClosed() {} },
    makeRoom() {},
  };
  const logger = createLogger({ service: 'tool-invocation', level: 'silent' });
  const bus = new LocalBus().join('tool-invocation');
  return new UpstreamFactory(settings, logger, bus, new JoinedConnectors(bus, settings)).build(profile, host);
};

const CALLER = {
  client: { info: null, capabilities: {}, revision: '2025-11-25' },
  principal: { id: 'ada', tokenId: null },
};

describe('Upstream', () => {
  it('Upstream refuses a call as not executed, with the wait, when its breaker is open', () => {
    const upstream = given({ MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '2' });
    upstream.health.passBreaker();
    upstream.health.breaker.failed();
    upstream.health.passBreaker();
    upstream.health.breaker.failed();

    let refusal: unknown;
    try {
      upstream.health.passBreaker();
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(GatewayError);
    expect(refusal).toMatchObject({ code: 'upstream.breaker_open', executed: 'no' });
    const { retryAfterMs } = (refusal as GatewayError).data as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(5_000);
  });

  it('Upstream is made for every name that a connector may serve when that is no host of a URL', () => {
    expect(given({}, { url: 'connector://db.1' }).profile.url).toBe('connector://db.1');
  });

  it.each([
    ['url', { url: 'http://127.0.0.1:3000/mcp?api_key=*****' }],
    ['args', { transport: 'STDIO' as const, url: null, command: 'node', args: ['--api-key', '*****'] }],
  ])('is not reached when a secret of its %s is masked and the credential does not hold it', async (_, changes) => {
    const upstream = given({}, changes);
    upstream.dialer.dial = () => Promise.reject(new Error('was dialled'));
    const access: Access = { version: '1', headers: [], env: {}, redact: (text) => text };

    const error = await Promise.resolve(upstream.peer(access, CALLER)).catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'upstream.closed', executed: 'no' });
  });

  it('Upstream opens one session when a call comes between the finding of its era and the end of the handshake', async () => {
    const upstream = given({});
    const session = { identity: { era: 'legacy' }, closed: false, uses: 0 } as unknown as Peer;
    const access: Access = { version: '1', headers: [], env: {}, redact: (text) => text };
    let dials = 0;
    let late: Peer | Promise<Peer> | undefined;
    upstream.dialer.dial = async () => {
      dials++;
      await Promise.resolve();
      upstream.dialer.spoken.settle({ era: 'legacy' });
      late ??= upstream.peer(access, CALLER);
      return session;
    };

    expect(await upstream.peer(access, CALLER)).toBe(session);
    expect(await late).toBe(session);
    expect(dials).toBe(1);
  });

  it('Upstream refuses a call with other headers, and opens nothing, when the session of its client began without', async () => {
    const upstream = given({});
    const session = { identity: { era: 'legacy' }, closed: false, uses: 0 } as unknown as Peer;
    const access: Access = { version: '1', headers: [], env: {}, redact: (text) => text };
    const passing = new PassedAccesses().with(access, { 'x-tenant': 'one' });
    const caller = { ...CALLER, dedicatedSession: { key: 'session 1', renewable: false } };
    let dials = 0;
    upstream.dialer.dial = async () => {
      if (dials++ === 0) throw new Error('cannot be reached');
      upstream.dialer.spoken.settle({ era: 'legacy' });
      return session;
    };
    upstream.claim('session 1');

    await expect(upstream.peer(passing, caller)).rejects.toThrow();
    expect(await upstream.peer(access, caller)).toBe(session);
    expect(() => upstream.peer(passing, caller)).toThrow(expect.objectContaining({ code: 'http.malformed' }));
    expect(await upstream.peer(access, caller)).toBe(session);
    expect(dials).toBe(2);
  });

  it('Upstream refuses a call as busy and not executed when its queue is full', async () => {
    const upstream = given({ TOOL_CONCURRENT_LIMIT: '1', TOOL_QUEUE_LIMIT: '0' });
    expect(upstream.limiter.tryAcquire('caller')).toBe(true);

    await expect(upstream.limiter.acquire('caller', () => false)).rejects.toMatchObject({
      code: 'upstream.busy',
      executed: 'no',
    });
  });

  it('Upstream refuses a call as busy and not executed when its wait is over', async () => {
    const upstream = given({ TOOL_CONCURRENT_LIMIT: '1', MCP_SESSION_POOL_ACQUIRE_TIMEOUT: '0.1' });
    expect(upstream.limiter.tryAcquire('caller')).toBe(true);

    await expect(upstream.limiter.acquire('caller', () => false)).rejects.toMatchObject({
      code: 'upstream.busy',
      executed: 'no',
    });
  });
});
