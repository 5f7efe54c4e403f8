import { randomUUID } from 'node:crypto';
import { type GatewayOptions, startUrlUpstream } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type GivenScriptUpstreams, givenScriptUpstreams } from './given-script-upstreams.js';
import {
  type Endpoint,
  LegacyClient,
  type Said,
  type Talk,
  askModern,
  isQuestion,
} from './isolation/endpoint-client.js';

const modes: Record<string, GatewayOptions> = {
  embedded: { mode: 'embedded' },
  'distributed, two replicas': { mode: 'distributed', replicas: 2 },
};
const TRANSPORTS = ['STDIO', 'STREAMABLEHTTP'] as const;
const MAY_BE_SENT = { elicitation: { form: {}, url: {} } };

const textOf = ({ result }: Said): string => result?.content?.[0]?.text;
const isCompletion = ({ method }: Said): boolean => method === 'notifications/elicitation/complete';
const urlIn = (error: Said['error']): string => {
  const elicitations = error?.data?.['elicitations'] as readonly { readonly url: string }[] | undefined;
  return elicitations?.[0]?.url ?? '';
};

describe.each(Object.keys(modes))('a URL to visit first, at a gateway that is %s', (mode) => {
  let given: GivenScriptUpstreams;
  let at: Endpoint;

  beforeAll(async () => {
    given = await givenScriptUpstreams(modes[mode] as GatewayOptions, TRANSPORTS, (transport) =>
      startUrlUpstream(transport),
    );
    ({ at } = given);
  });
  afterAll(() => given?.stop());
  beforeEach(() => onTestFailed(() => console.error(given.gateway.logs().slice(-8_000))));

  const modern = async (
    name: string,
    id: string,
    more: object = {},
    capabilities: object = MAY_BE_SENT,
  ): Promise<Said> =>
    (
      await askModern(
        at,
        'tools/call',
        { name, arguments: { id }, ...more },
        { meta: { 'io.modelcontextprotocol/clientCapabilities': capabilities } },
      )
    ).answer();

  /** Calls `enter` as a client of 2026-07-28, and does what is asked. */
  const enter = async (name: string, id: string, action: string, visit?: string): Promise<Said> => {
    const { result } = await modern(name, id);
    expect(result.resultType).toBe('input_required');
    const [[key, { params }] = ['', { params: {} }]] = Object.entries<{ params: Record<string, string> }>(
      result.inputRequests,
    );
    expect(params).toEqual({ mode: 'url', message: 'Sign in', url: expect.stringMatching(`/${id}$`) });
    const { requestState } = result;
    const answer = modern(name, id, { inputResponses: { [key]: { action } }, requestState });
    if (visit !== undefined) setTimeout(() => void fetch(`${params['url']}${visit}`), 300);
    return answer;
  };

  describe.each(TRANSPORTS)('over %s', (transport) => {
    const tool = (name: string): string => `${transport.toLowerCase()}-${name}`;
    const open = async (): Promise<{ client: LegacyClient; stream: Talk }> => {
      const client = await LegacyClient.open(at, MAY_BE_SENT);
      return { client, stream: await client.listen() };
    };

    it('a client with a session gets the error as it is, and hears when the visit is over, when the tool wants one first', async () => {
      const [mine, other] = [await open(), await open()];
      const id = randomUUID();
      const { error } = await (await mine.client.call(tool('enter'), { id })).answer();
      expect(error).toMatchObject({ code: -32042, message: expect.stringContaining('Sign in first') });
      expect(error?.data).toEqual({
        elicitations: [
          {
            mode: 'url',
            elicitationId: id,
            message: 'Sign in',
            url: expect.stringMatching(`^http://127.0.0.1:\\d+/${id}$`),
          },
        ],
      });

      await fetch(urlIn(error));
      expect((await mine.stream.hear(isCompletion)).params).toEqual({ elicitationId: id });
      expect(textOf(await (await mine.client.call(tool('enter'), { id })).answer())).toBe('in 2');
      expect(other.stream.messages.filter(isCompletion)).toEqual([]);
      for (const { client, stream } of [mine, other]) {
        stream.leave();
        await client.end();
      }
    });

    it('a client with a session hears when the visit is over by the id it was asked with, when it was asked in the call', async () => {
      const { client, stream } = await open();
      const id = randomUUID();
      const talk = await client.call(tool('ask'), { id });
      const question = await talk.hear(isQuestion);
      expect(question.params).toMatchObject({ mode: 'url', elicitationId: id });
      await (await client.post({ id: question.id, result: { action: 'accept' } })).ended;
      await fetch(question.params.url);

      expect((await stream.hear(isCompletion)).params).toEqual({ elicitationId: question.params.elicitationId });
      expect(textOf(await talk.answer())).toBe('accept 1');
      stream.leave();
      await client.end();
    });

    it.each(['decline', 'cancel'])(
      'a client of 2026-07-28 is asked once and gets an error with the link when its user chooses to %s',
      async (action) => {
        const id = randomUUID();
        const { error } = await enter(tool('enter'), id, action);
        expect(error).toMatchObject({
          code: -32603,
          message: expect.stringContaining(`/${id} has to be visited first`),
        });
        expect(urlIn(error)).toMatch(`/${id}`);
      },
    );

    it('a client of 2026-07-28 has its call repeated when the upstream says that the visit is over', async () => {
      // That one is waited for for some seconds, and this one, which began later, ends first.
      const ends: string[] = [];
      const ended = async (what: string, visit: string): Promise<void> => {
        expect(textOf(await enter(tool('enter'), randomUUID(), 'accept', visit))).toBe('in 2');
        ends.push(what);
      };
      const silent = ended('silent', '?silent');
      await ended('told', '');
      await silent;
      expect(ends).toEqual(['told', 'silent']);
    });

    it('a client of 2026-07-28 has its call repeated after some seconds when the upstream does not say that the visit is over', async () => {
      expect(textOf(await enter(tool('enter'), randomUUID(), 'accept', '?silent'))).toBe('in 2');
    });

    it('a client of 2026-07-28 has its call repeated once and gets an error with the link when the visit did not help', async () => {
      const id = randomUUID();
      const { error } = await enter(tool('enter'), id, 'accept', '?broken');
      expect(error).toMatchObject({ code: -32603, message: expect.stringContaining(`/${id} is still to be visited`) });
      await fetch(urlIn(error));
      if (transport === 'STREAMABLEHTTP') expect(textOf(await modern(tool('enter'), id))).toBe('in 3');
    });

    it('a client of 2026-07-28 gets an error with the link when it cannot be sent to a URL', async () => {
      const id = randomUUID();
      const { error } = await modern(tool('enter'), id, {}, { elicitation: {} });
      expect(error).toMatchObject({ code: -32603, message: expect.stringContaining('cannot be sent there') });
      expect(urlIn(error)).toMatch(`/${id}`);
    });
  });
});
