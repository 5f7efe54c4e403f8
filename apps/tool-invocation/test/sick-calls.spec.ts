import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type NameServer, spawnSource, startNameServer } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { givenInvocation, type Invocation } from './invocation.js';

/** As many at once as one caller of an upstream may have. */
const CALLERS = 8;
/** A look-up of the system that nobody answers lasts for seconds. */
const LOOK_MS = 5;

let invocation: Invocation;
let nameServer: NameServer;
let upstreams: ChildProcess;
let urls: Readonly<Record<string, string>>;

beforeAll(async () => {
  upstreams = spawnSource(new URL('sick-upstreams.main.ts', import.meta.url));
  const [found] = (await once(upstreams, 'message')) as [Record<string, string>];
  nameServer = await startNameServer();
  nameServer.names.set('silent.test', 'silent');
  urls = { ...found, 'has a silent name server': 'http://silent.test/mcp', 'has no name': 'http://missing.test/mcp' };
  invocation = await givenInvocation({
    UPSTREAM_NAME_SERVERS: nameServer.address,
    TOOL_TIMEOUT: '1',
    // None is left alone, so that each call is made.
    MCP_SESSION_POOL_CIRCUIT_BREAKER_THRESHOLD: '1000',
  });
});
afterAll(async () => {
  await invocation?.close();
  upstreams?.disconnect();
  await nameServer?.stop();
});

const TIMED_OUT = /timed_out/;

/** How many of them ended how, and how many look-ups of the system were seen meanwhile. */
const calls = async (kind: string, count: number, mayBeLate: boolean) => {
  const profile = invocation.profile({ url: urls[kind] as string, timeoutMs: mayBeLate ? null : 60_000 });
  const outcomes: string[] = [];
  let lookups = 0;
  const look = setInterval(() => {
    lookups += process.getActiveResourcesInfo().filter((name) => name.startsWith('GetAddrInfo')).length;
  }, LOOK_MS);
  let begun = 0;
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (begun++ < count) outcomes.push(await outcomeOf(profile));
    }),
  );
  clearInterval(look);
  return { outcomes, lookups };
};

const outcomeOf = (profile: ReturnType<Invocation['profile']>): Promise<string> =>
  invocation.call(profile, 'echo').then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );

describe('calls of a sick upstream', () => {
  it.each([
    ['hangs', 'upstream.timed_out', 32],
    ['resets', 'upstream.closed', 200],
    ['drips a byte a second', 'upstream.timed_out', 32],
    ['answers 503', 'upstream.unreachable', 200],
    ['answers 429', 'upstream.busy', 200],
    ['floods', 'upstream.timed_out', 32],
    // Whose turn at it comes while its name is looked up waits for that, and has the time that is left then.
    ['has a silent name server', /^upstream\.(unreachable|timed_out)$/, 32],
    ['has no name', 'upstream.unreachable', 200],
  ])(
    'calls of an upstream that %s each fail for what it does, and take no thread for names',
    async (kind, code, count) => {
      const { outcomes, lookups } = await calls(kind, count, TIMED_OUT.test(String(code)));
      expect(outcomes).toHaveLength(count);
      for (const outcome of new Set(outcomes)) expect(outcome).toMatch(code);
      // Look-ups of the system have four threads for all names and files.
      expect(lookups).toBe(0);
    },
  );
});
