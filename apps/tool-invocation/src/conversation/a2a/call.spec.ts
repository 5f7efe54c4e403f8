import { describe, expect, it, vi } from 'vitest';
import { CallerIds } from '#libs/a2a';
import { fail, type GatewayError } from '#libs/errors';
import { OpenCall } from '../../call/open-call.js';
import type { ResponseSink } from '../../transport/a2a/answer-reader.js';
import { refusalOf } from '../../transport/http/refusal.js';
import { A2aCall } from './call.js';

interface Sent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly headers: readonly string[];
}

/** A call on its way to an agent that the test plays. */
const given = (args: object = { message: 'hi' }, { renew = async () => true, isStreaming = true } = {}) => {
  const sent: Sent[] = [];
  const readers: { abandon: () => void }[] = [];
  const access = {
    tokenId: 'first',
    idKeys: ['key'],
    headers: ['authorization', 'first'],
    redact: (text: string) => text.replaceAll('s3cret', '***'),
    renew: vi.fn(async (_refused: string) => {
      const isRenewed = await renew();
      if (isRenewed) Object.assign(access, { tokenId: 'second', headers: ['authorization', 'second'] });
      return isRenewed;
    }),
  };
  const sender = {
    bytesMax: 1_000,
    send: ({ text }: { text: string }, _sink: ResponseSink) => {
      sent.push({ ...(JSON.parse(text) as Omit<Sent, 'headers'>), headers: [...access.headers] });
      const reader = { executed: 'unknown', heard: true, keeps: () => {}, abandon: vi.fn(), leave: () => {} };
      readers.push(reader);
      return reader;
    },
  };
  const client = { info: null, capabilities: {}, revision: '2026-07-28' };
  const principal = { id: 'ada@example.com' };
  const open = new OpenCall({ principal, client } as never, JSON.stringify({ arguments: args }), '');
  open.deadlineAtMs = performance.now() + 10_000;
  const agent = { url: 'http://agent.example/', version: '1.0', isStreaming } as const;
  const call = new A2aCall(open, { agent, senderAt: () => sender, access } as never, vi.fn());
  open.upstreamSide = call;
  call.send();
  const say = (result: object) => call.received(JSON.stringify({ jsonrpc: '2.0', id: 1, result }));
  return { call, open, access, sent, readers, say };
};

const idsOf = (callerId: string) => new CallerIds(['key'], callerId);
const bodyOf = async (open: OpenCall): Promise<string> => {
  const step = await open.next();
  return step.kind === 'ended' ? String(step.body) : step.kind;
};
const closed = (): GatewayError => fail('upstream.closed', { executed: 'unknown' });
const task = (state: string) => ({ id: 't', contextId: 'c', status: { state: `TASK_STATE_${state}` } });

describe('A2aCall', () => {
  it('A2aCall shows another token once when the first is refused', async () => {
    const { call, open, access, sent } = given();
    call.failed(refusalOf(401, { presented: true }));
    await expect.poll(() => sent.length).toBe(2);
    expect(sent.map(({ headers }) => headers[1])).toEqual(['first', 'second']);
    expect(sent[0]?.params).toEqual(sent[1]?.params);
    call.failed(refusalOf(401, { presented: true }));
    await expect(open.next()).rejects.toMatchObject({ code: 'upstream.unauthorised' });
    expect(access.renew).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['says where to consent to more', fail('upstream.consent_needed', { executed: 'no' }), 'upstream.consent_needed'],
    ['names the scopes', null, 'upstream.unauthorised'],
  ] as const)('A2aCall %s when its token is good for too little', async (_what, helped, code) => {
    const { call, open, access } = given();
    const widen = vi.fn(async () => {
      if (helped !== null) throw helped;
    });
    Object.assign(access, { widen });
    call.failed(refusalOf(403, { presented: true, scopes: ['notes:write'] }));
    const message = helped === null ? expect.stringContaining('notes:write') : expect.any(String);
    await expect(open.next()).rejects.toMatchObject({ code, message });
    expect(widen).toHaveBeenCalledWith(['notes:write']);
  });

  it('A2aCall fails, and sends nothing again, when the stream breaks before there is a task', async () => {
    const { call, open, sent } = given();
    call.failed(closed());
    await expect(open.next()).rejects.toMatchObject({ code: 'upstream.closed', executed: 'unknown' });
    expect(sent).toHaveLength(1);
  });

  it('A2aCall asks what became of its task when the stream breaks, and does not say that nothing ran', async () => {
    const { call, open, sent, say } = given();
    say({ task: task('WORKING') });
    call.failed(closed());
    await expect.poll(() => sent.map(({ method }) => method)).toEqual(['SendStreamingMessage', 'GetTask']);
    call.failed(fail('upstream.unreachable', { executed: 'no' }));
    await expect.poll(() => sent.length).toBe(3);
    expect(open.executed).toBe('unknown');
    say(task('COMPLETED'));
    expect(await bodyOf(open)).toContain('"state":"completed"');
    expect(sent.filter(({ method }) => method === 'SendStreamingMessage')).toHaveLength(1);
  });

  it('A2aCall gives up when the agent is not there any more', async () => {
    const { call, open, say } = given();
    say({ task: task('WORKING') });
    const ending = open.next();
    const failing = setInterval(() => call.failed(closed()), 5);
    await expect(ending).rejects.toMatchObject({ code: 'upstream.closed', executed: 'unknown' });
    clearInterval(failing);
  });

  it('A2aCall cancels its task when it is cancelled, but not one that it only waits for', () => {
    const first = given();
    first.say({ task: task('WORKING') });
    first.call.cancel();
    expect(first.sent.at(-1)).toMatchObject({ method: 'CancelTask', params: { id: 't' } });
    const second = given({ taskId: idsOf('ada@example.com').given('task', 't') });
    second.call.cancel();
    expect(second.sent.map(({ method }) => method)).toEqual(['GetTask']);
  });

  it('A2aCall is answered with the name of the error when the agent does not know the task', async () => {
    const { call, open } = given({ taskId: idsOf('ada@example.com').given('task', 't') });
    const error = { code: -32_001, message: 'Task not found: t' };
    call.received(JSON.stringify({ jsonrpc: '2.0', id: 1, error }));
    expect(await bodyOf(open)).toContain('"TASK_NOT_FOUND: Task not found: t"');
  });

  it('A2aCall sends nothing when an id was given to another caller', async () => {
    for (const kind of ['task', 'context'] as const) {
      const { open, sent } = given({ message: 'hi', [`${kind}Id`]: idsOf('bob@example.com').given(kind, 't') });
      expect(await bodyOf(open)).toContain(`${kind}Id is none that this caller was given`);
      expect(sent).toEqual([]);
    }
  });

  it('A2aCall takes what was presented out of the answer', async () => {
    const { open, say } = given();
    say({ message: { role: 'ROLE_AGENT', parts: [{ text: 'you sent s3cret' }] } });
    expect(await bodyOf(open)).toContain('you sent ***');
  });

  it('A2aCall is answered with an error when the answer is too large', async () => {
    const { open, readers, say } = given();
    say({ message: { role: 'ROLE_AGENT', parts: [{ text: 'x'.repeat(1_001) }] } });
    expect(await bodyOf(open)).toContain('larger than the limit of 1000 bytes');
    expect(readers[0]?.abandon).toHaveBeenCalled();
  });

  it.each(['', 'no JSON', '[]', '{}', '{"result":7}', `{"result":${'['.repeat(100)}${']'.repeat(100)}}`])(
    'A2aCall fails when the agent answers %j',
    async (text) => {
      const { call, open } = given();
      call.received(text);
      await expect(open.next()).rejects.toMatchObject({ code: 'upstream.invalid_answer', executed: 'unknown' });
    },
  );

  it('A2aCall fails when a stream ends before there is an answer', async () => {
    const { call, open } = given();
    call.ended();
    await expect(open.next()).rejects.toMatchObject({ code: 'upstream.invalid_answer' });
  });
});
