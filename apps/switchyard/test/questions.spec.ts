import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayOptions, startCommonStreamUpstream } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { type GivenScriptUpstreams, givenScriptUpstreams } from './given-script-upstreams.js';
import { type Endpoint, LegacyClient, type Said, askModern, isQuestion } from './isolation/endpoint-client.js';

const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded' },
  'distributed, two replicas': { mode: 'distributed', replicas: 2 },
};
const TRANSPORTS = ['STDIO', 'STREAMABLEHTTP', 'SSE'] as const;
const ROUNDS = 8;

const textOf = ({ result }: Said): string => result?.content?.[0]?.text;

/** Calls `ask` as a client with a session, and says yes to what it is asked. */
const askAsSession = async (at: Endpoint, name: string, canary: string): Promise<unknown> => {
  const client = await LegacyClient.open(at);
  const talk = await client.call(name, { canary, afterMs: 400 });
  const question = await talk.hear(isQuestion);
  await client.answer(question.id, { answer: `told ${question.params.message}` });
  const said = textOf(await talk.answer());
  await client.end();
  return said;
};

/** The same as a client of 2026-07-28. */
const askAsModern = async (at: Endpoint, name: string, canary: string): Promise<unknown> => {
  const args = { name, arguments: { canary, afterMs: 400 } };
  const { result } = await (await askModern(at, 'tools/call', args)).answer();
  const [key, question] = Object.entries<{ params: { message: string } }>(result.inputRequests)[0] ?? [
    '',
    { params: { message: '' } },
  ];
  const inputResponses = { [key]: { action: 'accept', content: { answer: `told ${question.params.message}` } } };
  const { requestState } = result;
  return textOf(await (await askModern(at, 'tools/call', { ...args, inputResponses, requestState })).answer());
};

describe.each(Object.keys(modes))('clients with one token of a gateway that is %s', (mode) => {
  let given: GivenScriptUpstreams;
  let at: Endpoint;

  beforeAll(async () => {
    given = await givenScriptUpstreams(modes[mode] as GatewayOptions, TRANSPORTS, (transport) =>
      startCommonStreamUpstream(transport),
    );
    ({ at } = given);
  });
  afterAll(() => given?.stop());

  it.each(TRANSPORTS)(
    'clients with one token are asked what their own calls raise, and nothing else, over %s',
    async (transport) => {
      onTestFailed(() => console.error(given.gateway.logs().slice(-8_000)));
      const tool = (name: string): string => `${transport.toLowerCase()}-${name}`;
      for (let round = 0; round < ROUNDS; round += 2) {
        const asking = [askAsSession(at, tool('ask'), `s${round}`), askAsModern(at, tool('ask'), `m${round}`)];
        await sleep(150);
        const other = await LegacyClient.open(at);
        const waiting = [
          other.call(tool('wait'), { canary: 'b', afterMs: 700 }),
          askModern(at, 'tools/call', { name: tool('wait'), arguments: { canary: 'b', afterMs: 700 } }),
        ];
        for (const talk of await Promise.all(waiting)) {
          expect(textOf(await talk.answer())).toBe('b wait');
          expect(talk.messages.filter(isQuestion)).toEqual([]);
        }
        expect(await Promise.all(asking)).toEqual([`s${round} told s${round}`, `m${round} told m${round}`]);
        await other.end();
      }
    },
  );
});
