import { setTimeout as sleep } from 'node:timers/promises';
import { type ScriptUpstream, startCommonStreamUpstream } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Called, type CallOptions, givenInvocation, type Invocation } from './invocation.js';

const ALL = { elicitation: {}, sampling: {}, roots: {} };
const KINDS = ['elicitation', 'sampling', 'roots'] as const;
const ASKS_AFTER_MS = 300;
const STRESS = 48;
/** A busy machine takes its time to start the processes of so many callers. */
const PATIENCE_MS = 900_000;

type Kind = (typeof KINDS)[number];
interface Question {
  readonly message?: string;
  readonly messages?: readonly { readonly content: { readonly text: string } }[];
}
type Scope = 'shared' | 'principal' | 'client';

let invocation: Invocation;
beforeAll(async () => {
  invocation = await givenInvocation({
    MCP_SESSION_POOL_ACQUIRE_TIMEOUT: '600',
    MCP_SESSION_POOL_CREATE_TIMEOUT: '600',
    MCP_SESSION_POOL_MAX_PER_KEY: '64',
    MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true',
    PARKED_CALLS_PER_PRINCIPAL: '100',
    STDIO_PROCESSES_MAX: '200',
    TOOL_CONCURRENT_LIMIT: '100',
    TOOL_TIMEOUT: '600',
  });
});
afterAll(() => invocation?.close());

/** The client of a call: one that has a session, whose number it is, or one that has none. */
const clientOf = (session: number | null, scope: Scope): CallOptions => {
  const key = session === null ? undefined : `session ${session}`;
  const dedicatedKey = scope === 'client' && key !== undefined ? key : 'principal ada';
  const own = { key: dedicatedKey, renewable: scope === 'principal' };
  return {
    client: {
      info: null,
      capabilities: ALL,
      revision: key === undefined ? '2026-07-28' : '2025-11-25',
      ...(key && { key }),
    },
    ...(scope !== 'shared' && { dedicatedSession: own }),
    timeoutMs: PATIENCE_MS,
  };
};

const answerTo = (kind: Kind, said: string): Record<string, unknown> => {
  if (kind === 'elicitation') return { action: 'accept', content: { answer: said } };
  if (kind === 'roots') return { roots: [{ uri: 'file:///tmp', name: said }] };
  return { role: 'assistant', model: 'm', content: { type: 'text', text: said } };
};

const textOf = ({ body }: Called): string => JSON.parse(body as string).content[0].text;

/** Calls, answers the question where there is one as its client would, and says what came of it. */
const converse = async (
  profile: Parameters<Invocation['call']>[0],
  tool: 'ask' | 'wait',
  args: { readonly canary: string; readonly kind: Kind; readonly afterMs: number },
  options: CallOptions,
): Promise<{ readonly asked: readonly string[]; readonly said: string }> => {
  const call = invocation.routed(profile, tool, options);
  let step = await invocation.call(profile, tool, args, { ...call, timeoutMs: PATIENCE_MS });
  const asked: string[] = [];
  for (let round = 1; step.answer.kind === 'input-required'; round++) {
    const requests = JSON.parse(step.body as string).inputRequests as Record<string, { params: Question }>;
    const answers = Object.entries(requests).map(([key, { params }]) => {
      const about = params.message ?? params.messages?.[0]?.content.text ?? args.canary;
      asked.push(about);
      return [key, answerTo(args.kind, `told ${about}`)];
    });
    step = await invocation.proceed(call.callId, round, Object.fromEntries(answers), { timeoutMs: PATIENCE_MS });
  }
  return { asked, said: textOf(step) };
};

describe.each(['STDIO', 'STREAMABLEHTTP', 'SSE'] as const)(
  'a question that comes over %s on no stream of a call',
  (transport) => {
    let upstream: ScriptUpstream;
    beforeAll(async () => {
      upstream = await startCommonStreamUpstream(transport);
    });
    afterAll(() => upstream?.stop());

    const given = async (scope: Scope) => {
      const { stop: _, ...registered } = upstream;
      const profile = invocation.profile(registered);
      const { ClaimSession } = await import('#libs/contracts');
      for (const key of ['principal ada', 'session 1', 'session 2'])
        if (scope === 'client') await invocation.bus.ask(ClaimSession, { upstreamId: profile.id, key });
      return profile;
    };

    const eras = { 'that have sessions': [1, 2], 'without sessions': [null, null], 'of both eras': [1, null] } as const;
    const cases = Object.keys(eras).flatMap((era) =>
      (['shared', 'principal', 'client'] as const).flatMap((scope) => KINDS.map((kind) => ({ era, scope, kind }))),
    );

    // They wait for most of their time, each at an upstream of its own.
    it.for(cases)(
      'a question on no stream of a call reaches its own of two clients $era when it is $kind and the scope is $scope',
      { concurrent: true, timeout: PATIENCE_MS },
      async ({ era, scope, kind }, { expect }) => {
        const profile = await given(scope);
        const [a, b] = eras[era as keyof typeof eras];
        const asking = converse(profile, 'ask', { canary: 'a', kind, afterMs: ASKS_AFTER_MS }, clientOf(a, scope));
        await sleep(ASKS_AFTER_MS / 3);
        const waiting = converse(
          profile,
          'wait',
          { canary: 'b', kind, afterMs: 2 * ASKS_AFTER_MS },
          clientOf(b, scope),
        );

        expect(await waiting).toEqual({ asked: [], said: 'b wait' });
        expect(await asking).toEqual({ asked: ['a'], said: 'a told a' });
      },
    );

    it(`a question on no stream of a call reaches its own client each time when ${STRESS} calls ask at random`, {
      timeout: PATIENCE_MS,
    }, async () => {
      const profile = await given('principal');
      // Half of them have no session, the others are twelve clients of two calls each.
      const ownerOf = (index: number): string => (index % 2 === 0 ? `call ${index}` : `client ${index % 24}`);
      const runs = Array.from({ length: STRESS }, async (_, index) => {
        const args = { canary: `${index}`, kind: 'elicitation', afterMs: 50 + Math.random() * 1_000 } as const;
        const client = clientOf(index % 2 === 0 ? null : index % 24, 'principal');
        return { index, ...(await converse(profile, 'ask', args, client)) };
      });
      const done = await Promise.all(runs);

      const isWrong = (index: number) => (canary: string) => ownerOf(Number(canary)) !== ownerOf(index);
      expect(done.filter(({ index, asked }) => asked.some(isWrong(index)))).toEqual([]);
      expect(done.flatMap(({ asked }) => asked)).toHaveLength(STRESS);
      expect(done.filter(({ index, said }) => said !== `${index} told ${index}`)).toEqual([]);
    });
  },
);

describe('a question that comes at once', () => {
  it('a question that comes at once reaches its client when the upstream takes its time to open the stream that it comes on', async () => {
    const { stop, ...registered } = await startCommonStreamUpstream('STREAMABLEHTTP', 800);
    const call = { canary: 'a', kind: 'elicitation', afterMs: 0 } as const;
    const done = await converse(invocation.profile(registered), 'ask', call, clientOf(1, 'principal'));
    expect(done).toEqual({ asked: ['a'], said: 'a told a' });
    await stop();
  });
});

describe('a conversation with an upstream that asks over stdio', () => {
  const stdio = async (of: Invocation) => {
    const { stop: _, ...registered } = await startCommonStreamUpstream('STDIO');
    return of.profile(registered);
  };
  const count = async (profile: Parameters<Invocation['call']>[0], session: number | null): Promise<string> =>
    textOf(await invocation.call(profile, 'count', {}, clientOf(session, 'principal')));

  it('a conversation with an upstream that asks over stdio is one for the calls of clients without sessions when they come one after the other', async () => {
    const profile = await stdio(invocation);
    for (const calls of ['1', '2', '3']) expect(await count(profile, null)).toBe(calls);
    expect(await count(profile, 1)).toBe('1');
    expect(await count(profile, 1)).toBe('2');
    expect(await count(profile, null)).toBe('4');
  });

  it('a conversation with an upstream that asks over stdio refuses a question once, and is replaced, when it may be of a call that was cancelled', async () => {
    const profile = await stdio(invocation);
    expect(await count(profile, null)).toBe('1');
    const leaving = new AbortController();
    const call = invocation.routed(profile, 'ask', clientOf(null, 'principal'));
    const asks = { canary: 'left', afterMs: 2_000 };
    const left = invocation.call(profile, 'ask', asks, { ...call, signal: leaving.signal }).catch(() => 'cancelled');
    await sleep(200);
    leaving.abort();
    expect(await left).toBe('cancelled');
    expect(await invocation.record(call.callId)).toMatchObject({ outcome: expect.not.stringMatching('ok') });

    const args = { canary: 'other', kind: 'elicitation', afterMs: 2_500 } as const;
    const other = await converse(profile, 'wait', args, clientOf(null, 'principal'));
    expect(other).toEqual({ asked: [], said: 'other wait' });
    const next = await converse(profile, 'ask', { ...args, canary: 'next', afterMs: 0 }, clientOf(null, 'principal'));
    expect(next).toEqual({ asked: ['next'], said: 'next told next' });
  });

  it('a conversation with an upstream that asks over stdio is shared, and its doubtful questions are refused with the reason, when a caller has as many as it may', async () => {
    const limited = await givenInvocation({
      MCP_SESSION_POOL_MAX_PER_KEY: '1',
      MCPGATEWAY_STDIO_TRANSPORT_ENABLED: 'true',
    });
    try {
      const profile = await stdio(limited);
      const ask = limited.call(profile, 'ask', { canary: 'a', afterMs: 300 }, clientOf(null, 'shared'));
      await sleep(100);
      const wait = limited.call(profile, 'wait', { canary: 'b', afterMs: 600 }, clientOf(null, 'shared'));

      expect(textOf(await wait)).toBe('b wait');
      const refused = await ask;
      expect(refused.answer.kind).toBe('error');
      expect(JSON.stringify(refused.answer)).toContain('Calls of several clients are open here');
    } finally {
      await limited.close();
    }
  });
});
