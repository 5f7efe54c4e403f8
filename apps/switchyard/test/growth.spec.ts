import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { GatewayOptions } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RestingGateway, spread } from './growth/resting-gateway.js';
import { LegacyClient, askModern, isQuestion } from './isolation/endpoint-client.js';

interface Load {
  readonly options: GatewayOptions;
  readonly sessions: number;
  readonly streams: number;
  readonly parked: number;
  readonly processes: number;
}

const COUNTING_SERVER = fileURLToPath(new URL('./growth/counting-server.ts', import.meta.url));

const loads: Record<string, Load> = {
  embedded: { options: { mode: 'embedded' }, sessions: 10_000, streams: 1_000, parked: 1_000, processes: 40 },
  // Here the broker counts subscriptions as well.
  distributed: {
    options: { mode: 'distributed', replicas: 2 },
    sessions: 10_000,
    streams: 1_000,
    parked: 1_000,
    processes: 0,
  },
};

// Most of the time is spent waiting for both to be at rest, so they do it side by side; within each, one after the other.
const SIDE_BY_SIDE = { timeout: 2_400_000, concurrent: true };
const IN_TURN = { concurrent: false };

describe.each(Object.keys(loads))('a gateway that is %s and has been used for long', SIDE_BY_SIDE, (mode) => {
  const { options, sessions, streams, parked, processes } = loads[mode] as Load;
  let resting: RestingGateway;

  beforeAll(async () => {
    resting = await RestingGateway.start(options);
  });
  afterAll(() => resting?.stop());

  it(`a gateway that was used for long has forgotten ${sessions} sessions`, IN_TURN, (test) =>
    resting.leavesNothing(test, 'sessions', sessions, (count) =>
      spread(count, 25, async (index) => {
        const client = await LegacyClient.open(resting.endpoint(index));
        if (index % 50 === 0) await (await client.call('asking-count', {})).answer();
        if (index % 50 === 1) (await client.listen()).leave();
        // Every tenth goes away without a word.
        if (index % 10 !== 0) expect(await client.end()).toBe(204);
      }),
    ),
  );

  it(`a gateway that was used for long has let go of ${streams} streams`, IN_TURN, async (test) => {
    const notifications = { toolsListChanged: true, resourceSubscriptions: ['asking://state'] };
    await resting.leavesNothing(test, 'streams', streams, (count) =>
      spread(count, 100, async (index) => {
        const stream = await askModern(resting.endpoint(index), 'subscriptions/listen', { notifications });
        await stream.hear(({ method }) => method === 'notifications/subscriptions/acknowledged');
        await sleep(20);
        stream.leave();
      }),
    );
  });

  it(
    `a gateway that was used for long has given up ${parked} calls that nobody came back for`,
    IN_TURN,
    async (test) => {
      await resting.leavesNothing(test, 'parked calls', parked, (count) =>
        // Few enough at once that a busy machine opens a session and calls in it before the session lapses.
        spread(count, 25, async (index) => {
          const args = { canary: 'x', owner: `user-${index}` };
          // Every tenth is a session's, who is asked and says nothing.
          if (index % 10 > 0) {
            const params = { name: 'asking-ask', arguments: args };
            const { result } = await (await askModern(resting.endpoint(index), 'tools/call', params)).answer();
            return expect(result.requestState).toBeTypeOf('string');
          }
          const client = await LegacyClient.open(resting.endpoint(index));
          const talk = await client.call('asking-ask', args);
          await talk.hear(isQuestion);
          expect((await talk.answer()).error?.message).toContain('did not answer in time');
          await client.end();
        }),
      );
      expect(resting.upstream.waiting).toBe(0);
      expect(resting.upstream.cancelled).toBeGreaterThanOrEqual(parked);
    },
  );

  it.runIf(processes > 0)(
    'a gateway that was used for long has ended the processes that nobody uses',
    IN_TURN,
    async (test) => {
      const { admin } = resting.gateway;
      const before = resting.children;
      const args = [COUNTING_SERVER];
      await admin.register({ name: 'counting', transport: 'STDIO', command: process.execPath, args });
      await resting.leavesNothing(test, 'processes', processes, (count) =>
        spread(count, 10, async (index) => {
          const client = await LegacyClient.open(resting.endpoint(index));
          expect((await (await client.call('counting-count', {})).answer()).result.content).toHaveLength(1);
          await client.end();
        }),
      );
      await test.expect.poll(() => resting.children).toEqual(before);
    },
  );
});
