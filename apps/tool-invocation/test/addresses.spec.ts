import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamAddress } from '#contracts/registry/resolve-upstream.request';
import { CheckUpstream } from '#contracts/tool-invocation/health/check-upstream.request';
import { ClaimSession } from '#libs/contracts';
import { fail } from '#libs/errors';
import { freePort, startMcpDouble } from '#libs/testing';
import { startEverything } from './everything-server.js';
import { givenInvocation, type Invocation } from './invocation.js';
import { json, result, startRawLegacy, startRawModern } from './raw-upstream.js';
import { serve } from './sdk-servers.js';

let invocation: Invocation;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  invocation = await givenInvocation({ HTTPX_CONNECT_TIMEOUT: '30' });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const ERAS = { modern: '2026-07-28', legacy: '2025-11-25' } as const;
const clientOf = (era: keyof typeof ERAS) => ({ client: { info: null, capabilities: {}, revision: ERAS[era] } });
const textOf = ({ body }: { body: string | undefined }): string => JSON.parse(body ?? '').content[0].text;

/** A server whose tool says which one it is. */
const startNamed = async (name: string, port?: number) => {
  const double = await startMcpDouble({
    name,
    ...(port !== undefined && { port }),
    tools: [{ name: 'who', description: 'Says who it is', inputSchema: { type: 'object' } }],
    call: async () => {
      await pause(2);
      return `"content":[{"type":"text","text":"${name}"}]`;
    },
  });
  open.push({ close: () => double.stop() });
  return double;
};

const further = (url: string, more: Partial<UpstreamAddress> = {}): UpstreamAddress => ({
  url,
  priority: 1,
  weight: 100,
  ...more,
});

/** How the addresses stand after having been looked at, whether or not one of them answers. */
const look = async (upstreamId: string, timeoutMs = 60_000) => {
  const answer = await invocation.bus.ask(CheckUpstream, { upstreamId, timeoutMs }).then(
    ({ head }) => head,
    (error: { data?: object }) => error.data as { addresses?: { state: string; reason: string | null }[] },
  );
  return (answer.addresses ?? []).map(({ state }) => state).join(' ');
};

describe.each(['modern', 'legacy'] as const)('an upstream with several addresses, for a client that is %s', (era) => {
  it.each([
    ['nobody listens at', async () => `http://127.0.0.1:${await freePort()}/mcp`],
    ['no TLS is spoken at', async () => `https://127.0.0.1:${(await startNamed('plain')).port}/mcp`],
    ['no name stands for', async () => 'http://nobody.invalid/mcp'],
  ])('a call goes to the next address when %s the first', async (_title, first) => {
    const { url } = await startNamed('second');
    const profile = invocation.profile({ url: await first(), addresses: [further(url)] });
    for (let calls = 0; calls < 4; calls++)
      expect(textOf(await invocation.call(profile, 'who', {}, clientOf(era)))).toBe('second');
  });

  it('only calls that had been sent fail when one of two addresses is killed under load, and it is back when it answers', async () => {
    const first = await startNamed('first');
    const { url } = await startNamed('second');
    const profile = invocation.profile({ url: first.url, addresses: [further(url)] });
    const answers: string[] = [];
    const failures: { code: string; executed: string }[] = [];
    const ending = new AbortController();
    const caller = async (): Promise<void> => {
      while (!ending.signal.aborted)
        await invocation.call(profile, 'who', {}, clientOf(era)).then(
          (called) => void answers.push(textOf(called)),
          (error: { code: string; executed: string }) => void failures.push(error),
        );
    };
    const load = Promise.all(Array.from({ length: 16 }, caller));
    try {
      await expect.poll(() => answers.filter((text) => text === 'first').length).toBeGreaterThan(50);
      await first.stop();
      const sinceKill = answers.length;
      await expect.poll(() => answers.length).toBeGreaterThan(sinceKill + 200);
      await look(profile.id);
      expect(await look(profile.id)).toBe('ejected active');
      await startNamed('returned', first.port);
      await look(profile.id);
      expect(await look(profile.id)).toBe('active active');
      // A session stays where it is; without one the address has its turns again.
      if (era === 'modern') await expect.poll(() => answers.includes('returned')).toBe(true);
    } finally {
      ending.abort();
      await load;
    }
    expect(failures.filter(({ executed }) => executed !== 'unknown')).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(16);
  });
});

describe('a session at one of several addresses', () => {
  const startSessions = async (name: string) => {
    const server = await startRawLegacy((request, res) =>
      json(res, result(request.id, { content: [{ type: 'text', text: name }] })),
    );
    open.push(server);
    return server;
  };
  const given = async () => {
    const servers = await Promise.all([startSessions('first'), startSessions('second')]);
    const [first, second] = servers;
    const profile = invocation.profile({ url: first.url, addresses: [further(second.url, { priority: 0 })] });
    return { profile, servers };
  };
  const home = (servers: { executions: number }[]) => servers.findIndex(({ executions }) => executions > 0);

  it('a session stays at its address while others take turns, and is begun anew at another when it is gone', async () => {
    const { profile, servers } = await given();
    for (let calls = 0; calls < 6; calls++) await invocation.call(profile, 't', {}, clientOf('legacy'));
    expect(servers.map(({ executions }) => executions).sort()).toEqual([0, 6]);
    const [kept, other] = home(servers) === 0 ? servers : servers.toReversed();
    await kept?.close();
    open.splice(open.indexOf(kept as never), 1);
    expect(textOf(await invocation.call(profile, 't', {}, clientOf('legacy')))).toMatch(/first|second/);
    expect(other?.executions).toBe(1);
  });

  it('every call that could not be sent is made in another session when many waited at the address that is gone', async () => {
    const { profile, servers } = await given();
    await invocation.call(profile, 't', {}, clientOf('legacy'));
    const [kept, other] = home(servers) === 0 ? servers : servers.toReversed();
    await kept?.close();
    open.splice(open.indexOf(kept as never), 1);
    await Promise.all(Array.from({ length: 8 }, () => invocation.call(profile, 't', {}, clientOf('legacy'))));
    expect(other?.executions).toBe(8);
  });

  it('a session of one client is lost with its address, and its client is told', async () => {
    const { profile, servers } = await given();
    const options = { ...clientOf('legacy'), dedicatedSession: { key: 'mine', renewable: false } };
    await invocation.bus.ask(ClaimSession, { upstreamId: profile.id, key: 'mine' });
    await invocation.call(profile, 't', {}, options);
    const kept = servers[home(servers)];
    await kept?.close();
    open.splice(open.indexOf(kept as never), 1);
    await expect(invocation.call(profile, 't', {}, options)).rejects.toMatchObject({
      code: 'upstream.session_lost',
      executed: 'no',
    });
    await invocation.bus.ask(ClaimSession, { upstreamId: profile.id, key: 'mine' });
    await invocation.call(profile, 't', {}, options);
    expect(servers.map(({ executions }) => executions)).toEqual([1, 1]);
  });
});

describe('an address that answers, but is away', () => {
  const startAway = async (status: number) => {
    const server = await startRawModern((_request, res) => json(res, '', status));
    open.push(server);
    return server;
  };

  it.each([502, 503, 504])(
    'a call is not repeated when it was answered with %i, and the address is ejected',
    async (status) => {
      const first = await startAway(status);
      const { url } = await startNamed('second');
      const profile = invocation.profile({ url: first.url, addresses: [further(url)] });
      for (let calls = 0; calls < 2; calls++)
        await expect(invocation.call(profile, 'who')).rejects.toMatchObject({
          code: 'upstream.unreachable',
          executed: 'unknown',
        });
      expect(first.executions).toBe(2);
      expect(textOf(await invocation.call(profile, 'who'))).toBe('second');
    },
  );

  it('what the gateway asks itself goes to the next address when the first answers with 503', async () => {
    const first = await startAway(503);
    const { url } = await startNamed('second');
    const profile = invocation.profile({ url: first.url, addresses: [further(url)] });
    expect((await invocation.discover(profile)).tools.map(({ name }) => name)).toEqual(['who']);
  });

  it('an address is ejected within two checks when it is silent', async () => {
    const { url } = await startNamed('first');
    const silent = await serve(() => undefined);
    open.push(silent);
    const profile = invocation.profile({ url, addresses: [further(silent.url)] });
    expect(await look(profile.id, 10_000)).toBe('active active');
    expect(await look(profile.id, 10_000)).toBe('active ejected');
  });
});

describe('the addresses of an upstream', () => {
  it('each address is asked with the credential and the query when it is checked, and reasons name none of them', async () => {
    const first = await startRawModern((_request, res) => json(res, '', 503));
    const second = await startRawModern((_request, res) => json(res, '', 503));
    open.push(first, second);
    const profile = invocation.profile({ url: `${first.url}?key=*****`, addresses: [further(second.url)] });
    const credential = { headers: { 'x-key': 'a-header-secret' }, query: 'key=a-query-secret' };
    invocation.credentials.set(profile.id, credential);
    const { head } = await invocation.bus.ask(CheckUpstream, { upstreamId: profile.id, timeoutMs: 60_000 });
    expect(head.addresses?.map(({ url }) => url)).toEqual([`${first.url}?key=*****`, second.url]);
    expect(JSON.stringify(head)).not.toContain('secret');
    for (const { requests } of [first, second]) {
      expect(requests.length).toBeGreaterThan(0);
      for (const { headers } of requests) expect(headers['x-key']).toBe('a-header-secret');
    }
  });

  it('an address is ejected and returns when no credential can be had, and the check says why', async () => {
    const port = await freePort();
    const { url } = await startNamed('second');
    const profile = invocation.profile({ url: `http://127.0.0.1:${port}/mcp`, addresses: [further(url)] });
    invocation.tokens.set(profile.id, () => {
      throw fail('upstream.consent_needed');
    });
    await expect(
      invocation.bus.ask(CheckUpstream, { upstreamId: profile.id, timeoutMs: 60_000 }),
    ).rejects.toMatchObject({ code: 'upstream.consent_needed' });
    expect(await look(profile.id)).toBe('ejected active');
    await startNamed('first', port);
    expect(await look(profile.id)).toBe('active active');
  });

  it('the last address stays and each says why when none answers', async () => {
    const [one, other] = [await freePort(), await freePort()];
    const profile = invocation.profile({
      url: `http://127.0.0.1:${one}/mcp`,
      addresses: [further(`http://127.0.0.1:${other}/mcp`)],
    });
    const failing = () => invocation.bus.ask(CheckUpstream, { upstreamId: profile.id, timeoutMs: 60_000 });
    await expect(failing()).rejects.toMatchObject({ code: 'upstream.unreachable' });
    await expect(failing()).rejects.toMatchObject({
      data: {
        addresses: [
          { reason: expect.stringContaining('ECONNREFUSED') },
          { reason: expect.stringContaining('ECONNREFUSED') },
        ],
      },
    });
    expect(await look(profile.id)).toMatch(/^(ejected active|active ejected)$/);
  });

  it('an upstream is refused when one of its addresses may not be reached from here', async () => {
    const { url } = await startNamed('first');
    const profile = invocation.profile({ url, addresses: [further('http://169.254.169.254/mcp')] });
    await expect(invocation.call(profile, 'who')).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('a stream is opened at the next address when nobody listens at the first', async () => {
    const sse = await startEverything('sse');
    open.push(sse);
    const profile = invocation.profile({
      url: `http://127.0.0.1:${await freePort()}/sse`,
      transport: 'SSE',
      addresses: [further(sse.url)],
    });
    const { tools } = await invocation.discover(profile);
    expect(tools.map(({ name }) => name)).toContain('echo');
    await look(profile.id);
    expect(await look(profile.id)).toBe('ejected active');
  });
});
