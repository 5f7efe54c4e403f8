import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { UpstreamAddress } from '#contracts/registry/resolve-upstream.request';
import { type A2aDouble, freePort, startA2aDouble } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';
import { startLoad } from './load.js';

let invocation: Invocation;
const open: A2aDouble[] = [];

beforeAll(async () => {
  invocation = await givenInvocation({ HTTPX_CONNECT_TIMEOUT: '30' });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((double) => double.stop()));
});
afterAll(() => invocation.close());

const startAgent = async (port = 0): Promise<A2aDouble> => {
  const double = await startA2aDouble({ version: '1.0', port });
  open.push(double);
  return double;
};
const nowhere = async (): Promise<{ url: string }> => ({ url: `http://127.0.0.1:${await freePort()}` });
/** At the path where the agents of the tests take messages. */
const further = ({ url }: { url: string }, more: Partial<UpstreamAddress> = {}): UpstreamAddress => ({
  url: `${url}/a2a`,
  priority: 1,
  weight: 100,
  ...more,
});
const given = ({ url }: { url: string }, ...addresses: UpstreamAddress[]) =>
  invocation.profile({
    transport: 'A2A',
    url,
    agent: { url: `${url}/a2a`, version: '1.0', isStreaming: true },
    addresses,
    sourceVersion: '1',
  });
type Profile = ReturnType<typeof given>;

const send = async (profile: Profile, args: object) => {
  const { body } = await invocation.call(profile, 'send_message', args);
  return JSON.parse(body ?? '') as {
    isError: boolean;
    content: { text: string }[];
    structuredContent: { text: string; taskId?: string; contextId?: string; state?: string };
  };
};
const methodsAt = ({ received }: A2aDouble): string[] => received.map(({ method }) => method);

describe('an agent with several addresses', () => {
  it('a message goes to the next address when nobody listens at the first', async () => {
    const second = await startAgent();
    const profile = given(await nowhere(), further(second));
    for (let calls = 0; calls < 3; calls++)
      expect((await send(profile, { message: 'say hi' })).structuredContent.text).toContain('hi');
    expect(methodsAt(second)).toEqual(Array.from({ length: 3 }, () => 'SendStreamingMessage'));
  });

  it('addresses of the same priority take turns by weight', async () => {
    const [first, second] = [await startAgent(), await startAgent()];
    const profile = given(first, further(second, { priority: 0, weight: 300 }));
    for (let calls = 0; calls < 8; calls++) await send(profile, { message: 'say hi' });
    expect([methodsAt(first).length, methodsAt(second).length]).toEqual([2, 6]);
  });

  it('a task and a dialogue stay where they were begun, whatever the turns', async () => {
    const [first, second] = [await startAgent(), await startAgent()];
    const profile = given(first, further(second, { priority: 0 }));
    for (let round = 0; round < 4; round++) {
      const { structuredContent } = await send(profile, { message: 'ask' });
      const { taskId, contextId, state } = structuredContent;
      expect(state).toBe('input-required');
      const answered = await send(profile, { message: 'big', taskId, contextId });
      expect(answered.structuredContent.text).toContain('You said: big');
    }
    expect([methodsAt(first).length, methodsAt(second).length]).toEqual([4, 4]);
  });

  it('a task is not looked for elsewhere when its address is away', async () => {
    const [first, second] = [await startAgent(), await startAgent()];
    const profile = given(first, further(second));
    const { taskId, contextId } = (await send(profile, { message: 'ask' })).structuredContent;
    await first.stop();
    await expect(invocation.call(profile, 'send_message', { message: 'big', taskId, contextId })).rejects.toMatchObject(
      {
        code: 'upstream.unreachable',
      },
    );
    expect(methodsAt(second)).toEqual([]);
    // What is new goes on.
    expect((await send(profile, { message: 'say hi' })).structuredContent.text).toContain('hi');
  });

  it('ids of two addresses are refused when they come together', async () => {
    const [first, second] = [await startAgent(), await startAgent()];
    const profile = given(first, further(second, { priority: 0 }));
    const [one, other] = [await send(profile, { message: 'ask' }), await send(profile, { message: 'ask' })];
    const { taskId } = one.structuredContent;
    const { contextId } = other.structuredContent;
    const { isError, content } = await send(profile, { message: 'x', taskId, contextId });
    expect([isError, content[0]?.text]).toEqual([true, expect.stringContaining('different conversations')]);
  });

  it('a task is cancelled where it runs when its caller goes', async () => {
    const [first, second] = [await startAgent(), await startAgent()];
    const profile = given(first, further(second, { priority: 0 }));
    await send(profile, { message: 'say turn of the first' });
    const leaving = new AbortController();
    const call = invocation.call(profile, 'send_message', { message: 'wait' }, { signal: leaving.signal });
    call.catch(() => {});
    await expect.poll(() => methodsAt(second)).toEqual(['SendStreamingMessage']);
    leaving.abort();
    await expect.poll(() => methodsAt(second)).toContain('CancelTask');
    expect(methodsAt(first)).toEqual(['SendStreamingMessage']);
  });

  it('an agent stands as its addresses answer', async () => {
    const first = await startAgent();
    const profile = given(first, further(await nowhere()));
    await invocation.look(profile.id);
    expect(await invocation.look(profile.id)).toBe('active ejected');
  });

  it('only messages that had been sent fail when one of two addresses is killed under load, and it is back when it answers', async () => {
    const [first, second] = [await startAgent(), await startAgent()];
    const profile = given(first, further(second));
    const load = startLoad(async () => String((await send(profile, { message: 'say hi' })).isError));
    const { answers, failures } = load;
    try {
      await expect.poll(() => methodsAt(first).length).toBeGreaterThan(50);
      await first.stop();
      const sinceKill = answers.length;
      await expect.poll(() => answers.length).toBeGreaterThan(sinceKill + 100);
      await invocation.look(profile.id);
      expect(await invocation.look(profile.id)).toBe('ejected active');
      const returned = await startAgent(Number(new URL(first.url).port));
      await invocation.look(profile.id);
      expect(await invocation.look(profile.id)).toBe('active active');
      await expect.poll(() => methodsAt(returned).length).toBeGreaterThan(0);
    } finally {
      await load.end();
    }
    expect(failures.filter(({ executed }) => executed !== 'unknown')).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(16);
    expect(answers.filter((isError) => isError !== 'false')).toEqual([]);
  });
});
