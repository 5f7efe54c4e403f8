import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type UpstreamCall, type UpstreamProfile, WatchTasks } from '#libs/contracts';
import { type ConformanceFixture, type FixtureEra, startConformanceFixture } from '#libs/testing';
import { everythingScript } from './everything-server.js';
import { type CallOptions, givenInvocation, type Invocation } from './invocation.js';
import { event, json, openStream, result, rpcError, startRawLegacy, startRawModern } from './raw-upstream.js';

const TASKS = 'io.modelcontextprotocol/tasks';
const RELATED = 'io.modelcontextprotocol/related-task';
const client = (capabilities: Record<string, unknown>) => ({ info: null, capabilities, revision: '2026-07-28' });
const WITH_TASKS = client({ extensions: { [TASKS]: {} }, elicitation: { form: {} } });
const WITHOUT = client({ elicitation: { form: {} } });
const OVER = ['completed', 'failed', 'cancelled'];

// biome-ignore lint/suspicious/noExplicitAny: whatever the upstream tells of a task
// oxlint-disable-next-line typescript/no-explicit-any
type Told = any;

let invocation: Invocation;
const raw: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  invocation = await givenInvocation();
});
afterEach(async () => {
  await Promise.all(raw.splice(0).map((server) => server.close()));
});
afterAll(() => invocation.close());

const operate = async (
  upstream: UpstreamProfile,
  method: UpstreamCall['method'],
  taskId: string,
  params: object = {},
  options: CallOptions = {},
) => {
  const body = JSON.stringify({ taskId, ...params });
  return invocation.call(upstream, taskId, {}, { method, body, client: WITH_TASKS, exposedName: 'tool', ...options });
};

const look = async (upstream: UpstreamProfile, taskId: string): Promise<Told> => {
  const { answer, body } = await operate(upstream, 'tasks/get', taskId);
  return answer.kind === 'result' ? JSON.parse(body as string) : answer;
};

const until = async (
  upstream: UpstreamProfile,
  taskId: string,
  isIt = ({ status }: Told): boolean => OVER.includes(status),
): Promise<Told> => {
  let told = await look(upstream, taskId);
  await vi.waitUntil(async () => isIt(told) || isIt((told = await look(upstream, taskId))));
  return told;
};

describe.each(['modern', 'legacy'] as const)('tasks of a %s upstream', (era: FixtureEra) => {
  let fixture: ConformanceFixture;
  let upstream: UpstreamProfile;
  const support = (taskSupport: 'optional' | 'required') => (era === 'legacy' ? { taskSupport } : {});

  beforeAll(async () => {
    fixture = await startConformanceFixture({ era });
    upstream = invocation.profile({ url: fixture.url });
  });
  afterAll(() => fixture.stop());

  const begin = async (name: string, args: object = {}, more: CallOptions = {}): Promise<Told> => {
    const { answer, body } = await invocation.call(upstream, name, args, {
      client: WITH_TASKS,
      ...support('required'),
      ...more,
    });
    expect(answer.kind, JSON.stringify(answer)).toBe('task');
    expect(answer).toEqual({ kind: 'task', ...(era === 'legacy' && { affinity: 'session' }) });
    return JSON.parse(body as string);
  };

  it('a task is described in the words of the extension when its upstream begins it', async () => {
    const begun = await begin('slow_compute', { seconds: 60 }, support('optional'));
    expect(begun).toEqual({
      taskId: expect.any(String),
      status: 'working',
      createdAt: expect.any(String),
      lastUpdatedAt: expect.any(String),
      ttlMs: 600_000,
      pollIntervalMs: 100,
    });
    expect(await look(upstream, begun.taskId)).toEqual(begun);
  });

  it('a task ends with the result of the tool when that succeeds or fails', async () => {
    const done = await until(upstream, (await begin('slow_compute', { seconds: 0.1 })).taskId);
    expect(done).toMatchObject({ status: 'completed', result: { content: [{ text: 'Computed it in 0.1 s' }] } });
    expect(done.result._meta?.[RELATED]).toBeUndefined();
    const failed = await until(upstream, (await begin('failing_job')).taskId);
    expect(failed).toMatchObject({ status: 'completed', result: { isError: true } });
    const broken = await until(upstream, (await begin('protocol_error_job')).taskId);
    expect(broken).toMatchObject({ status: 'failed', error: { code: -32603, message: 'The job broke' } });
    expect(broken.result).toBeUndefined();
  });

  it('a task goes on when its requests are answered one by one', async () => {
    const { taskId } = await begin('multi_input');
    const asked = await until(upstream, taskId, ({ inputRequests = {} }) => Object.keys(inputRequests).length === 2);
    const [first, second] = Object.keys(asked.inputRequests) as [string, string];
    expect(asked.inputRequests[first]).toMatchObject({
      method: 'elicitation/create',
      params: { message: expect.stringContaining('The') },
    });
    const accept = { action: 'accept', content: { confirm: true } };
    const update = (inputResponses: object) => operate(upstream, 'tasks/update', taskId, { inputResponses });
    const { answer, body } = await update({ [first]: accept, 'no-such-key': accept });
    expect(answer.kind).toBe('result');
    expect(body).toBe('{}');
    const rest = await look(upstream, taskId);
    expect(rest.status).toBe('input_required');
    expect(Object.keys(rest.inputRequests)).toEqual([second]);
    await update({ [second]: accept });
    expect((await until(upstream, taskId)).result.content[0].text).toBe('Got 2 answers');
  });

  it('a task is cancelled when it runs, and the request succeeds when it is over', async () => {
    const { taskId } = await begin('slow_compute', { seconds: 60 });
    for (let times = 0; times < 2; times++)
      expect((await operate(upstream, 'tasks/cancel', taskId)).answer).toEqual({ kind: 'result' });
    expect((await look(upstream, taskId)).status).toBe('cancelled');
  });

  it('an unknown task is invalid params when a client names it', async () => {
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel'] as const) {
      const { answer } = await operate(upstream, method, 'no-such-task', { inputResponses: {} });
      expect(answer).toMatchObject({ kind: 'error', error: { code: -32602 } });
    }
  });

  it('a follower gets each change when a task runs, and nothing once it is over', async () => {
    const { taskId } = await begin('confirm_delete', { filename: 'a.txt' });
    const heard: Told[] = [];
    const { principal } = invocation.routed(upstream, 't');
    const watching = invocation.bus.ask(
      WatchTasks,
      { upstreamId: upstream.id, principal, client: WITH_TASKS, taskIds: [taskId] },
      { onFrame: ({ head, body }) => void heard.push({ of: head.taskId, ...JSON.parse(body as string) }) },
    );
    await expect.poll(() => heard.at(-1)?.status).toBe('input_required');
    const [key] = Object.keys(heard.at(-1).inputRequests) as [string];
    const answers = { [key]: { action: 'accept', content: { confirm: true } } };
    await operate(upstream, 'tasks/update', taskId, { inputResponses: answers });
    expect((await watching).head).toEqual({ ended: true });
    expect(heard.at(-1)).toMatchObject({
      of: taskId,
      status: 'completed',
      result: { content: [{ text: 'Deleted a.txt' }] },
    });
    expect(heard.length).toBeLessThanOrEqual(3);
  });
});

describe('a client that knows no tasks', () => {
  it('a client without tasks gets the error when a 2026-07-28 upstream needs them', async () => {
    const fixture = await startConformanceFixture({ era: 'modern' });
    const { answer } = await invocation.call(
      invocation.profile({ url: fixture.url }),
      'failing_job',
      {},
      { client: WITHOUT },
    );
    await fixture.stop();
    expect(answer).toMatchObject({ kind: 'error', error: { code: -32021 } });
  });

  it('a client without tasks gets the result when a 2025-11-25 tool runs only as a task, and answers its requests', async () => {
    const fixture = await startConformanceFixture({ era: 'legacy' });
    const upstream = invocation.profile({ url: fixture.url });
    const call = invocation.routed(upstream, 'confirm_delete', { client: WITHOUT, taskSupport: 'required' });
    const options = { ...call, body: '{"name":"confirm_delete","arguments":{"filename":"x"},"task":{"ttl":5}}' };
    const asked = await invocation.call(upstream, 'confirm_delete', {}, options);
    expect(asked.answer).toEqual({ kind: 'input-required', parked: { round: 1 } });
    const [key] = Object.keys(JSON.parse(asked.body as string).inputRequests) as [string];
    const done = await invocation.proceed(call.callId, 1, { [key]: { action: 'accept', content: {} } });
    expect(done.answer.kind).toBe('result');
    expect(JSON.parse(done.body as string).content[0].text).toBe('Deleted x');
    await fixture.stop();
  });

  it('a task is cancelled when the call of a client without tasks is', async () => {
    const seen: string[] = [];
    const upstream = await startRawLegacy(
      (request, res) => {
        seen.push(request.method);
        if (request.method === 'tools/call')
          return json(res, result(request.id, { task: { taskId: 't1', status: 'working', ttl: null } }));
        if (request.method === 'tasks/result') return openStream(res);
        return json(res, result(request.id, {}));
      },
      { capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } }, cancel: {} } } },
    );
    raw.push(upstream);
    const leave = new AbortController();
    const calling = invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      {
        client: WITHOUT,
        taskSupport: 'required',
        signal: leave.signal,
      },
    );
    await expect.poll(() => seen).toContain('tasks/result');
    leave.abort();
    await expect(calling).rejects.toMatchObject({ code: 'bus.cancelled' });
    await expect.poll(() => seen).toEqual(['tools/call', 'tasks/result', 'tasks/cancel']);
  });

  it('a task of a client without tasks is not begun again when its session is lost, for its tool has run', async () => {
    const upstream = await startRawLegacy(
      (request, res) => {
        if (request.method === 'tools/call')
          return json(res, result(request.id, { task: { taskId: 't1', status: 'working', ttl: null } }));
        return json(res, rpcError(null, -32000, 'Session not found'), 404);
      },
      { capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } }, cancel: {} } } },
    );
    raw.push(upstream);
    const calling = invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      { client: WITHOUT, taskSupport: 'required' },
    );
    await expect(calling).rejects.toMatchObject({ code: 'upstream.session_lost', executed: 'unknown' });
    expect(upstream.executions).toBe(1);
  });

  it('a client without tasks gets progress when the task makes some', async () => {
    const upstream = await startRawLegacy(
      (request, res) => {
        const meta = request.params._meta as { progressToken?: number };
        if (request.method === 'tools/call') {
          token = meta.progressToken;
          return json(res, result(request.id, { task: { taskId: 't1', status: 'working', ttl: null } }));
        }
        openStream(res);
        const params = { progressToken: token, progress: 5 };
        res.write(event(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params })));
        return setTimeout(() => res.end(event(result(request.id, { content: [] }))), 50);
      },
      { capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } } },
    );
    let token: number | undefined;
    raw.push(upstream);
    const { frames } = await invocation.call(
      invocation.profile({ url: upstream.url }),
      't',
      {},
      {
        client: WITHOUT,
        taskSupport: 'required',
        wantsProgress: true,
      },
    );
    expect(frames).toEqual([{ kind: 'progress', progress: 5 }]);
  });
});

describe('the reference server of tasks', () => {
  it('the reference server reports its research when its request was answered on the way', async () => {
    const upstream = invocation.profile({ transport: 'STDIO', command: process.execPath, args: [everythingScript] });
    const { answer, body } = await invocation.call(
      upstream,
      'simulate-research-query',
      { topic: 'python', ambiguous: true },
      { client: WITH_TASKS, taskSupport: 'required', timeoutMs: 120_000 },
    );
    expect(answer).toEqual({ kind: 'task', affinity: 'session' });
    const { taskId } = JSON.parse(body as string);
    const asked = await until(upstream, taskId, ({ status }) => status === 'input_required');
    const [key] = Object.keys(asked.inputRequests) as [string];
    expect(asked.inputRequests[key].params.message).toContain('python');
    expect(asked.inputRequests[key].params._meta).toBeUndefined();
    const inputResponses = { [key]: { action: 'accept', content: { interpretation: 'snake' } } };
    await operate(upstream, 'tasks/update', taskId, { inputResponses });
    const done = await until(upstream, taskId);
    expect(done).toMatchObject({
      status: 'completed',
      result: { content: [{ text: expect.stringContaining('python (snake)') }] },
    });
    expect(JSON.stringify(done)).not.toContain(RELATED);
  });
});

describe('an upstream that breaks the rules of tasks', () => {
  it.each([
    ['a task nobody asked for', { resultType: 'task', taskId: 't', status: 'working' }, WITHOUT],
    ['a task without an id', { resultType: 'task', status: 'working' }, WITH_TASKS],
    ['a task in no known state', { resultType: 'task', taskId: 't', status: 'asleep' }, WITH_TASKS],
  ])('an answer is refused when it is %s', async (_what, answered, from) => {
    const upstream = await startRawModern((request, res) => json(res, result(request.id, answered)));
    raw.push(upstream);
    const calling = invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { client: from });
    await expect(calling).rejects.toMatchObject({ code: 'upstream.invalid_answer', executed: 'unknown' });
  });

  it('a task is refused when it requests a visit to an unsafe URL', async () => {
    const inputRequests = { k: { method: 'elicitation/create', params: { mode: 'url', url: 'http://evil.example' } } };
    const upstream = await startRawModern((request, res) =>
      json(res, result(request.id, { taskId: 't', status: 'input_required', inputRequests })),
    );
    raw.push(upstream);
    const looking = operate(invocation.profile({ url: upstream.url }), 'tasks/get', 't');
    await expect(looking).rejects.toMatchObject({ code: 'upstream.invalid_answer' });
  });

  it('a call succeeds when the upstream answers at once where a task was wanted, or knows no tasks', async () => {
    const seen: unknown[] = [];
    const upstream = await startRawLegacy(
      (request, res) => {
        seen.push(request.params.task);
        return json(res, result(request.id, { content: [{ type: 'text', text: 'now' }] }));
      },
      { capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } } },
    );
    const plain = await startRawLegacy((request, res) => {
      seen.push(request.params.task);
      return json(res, result(request.id, { content: [] }));
    });
    raw.push(upstream, plain);
    const options = { client: WITH_TASKS, taskSupport: 'required', body: '{"name":"t","task":{"ttl":1}}' } as const;
    for (const { url } of [upstream, plain])
      expect((await invocation.call(invocation.profile({ url }), 't', {}, options)).answer).toEqual({ kind: 'result' });
    expect(seen).toEqual([{ ttl: 3_600_000 }, undefined]);
  });

  it('a task is unknown when the upstream has forgotten its session', async () => {
    const upstream = await startRawLegacy(
      (request, res) =>
        request.method === 'tools/call'
          ? json(res, result(request.id, { task: { taskId: 't1', status: 'working', ttl: null } }))
          : json(res, rpcError(request.id, -32602, 'Task not found')),
      { capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } } },
    );
    raw.push(upstream);
    const profile = invocation.profile({ url: upstream.url });
    await invocation.call(profile, 't', {}, { client: WITH_TASKS, taskSupport: 'required' });
    upstream.known.clear();
    expect((await operate(profile, 'tasks/get', 't1')).answer).toMatchObject({
      kind: 'error',
      error: { code: -32602 },
    });
  });
});

describe('a deferred task', () => {
  const slowly = async (answered: object | string, ms = 150) => {
    const upstream = await startRawModern((request, res) => {
      setTimeout(() => {
        if (typeof answered === 'string') json(res, rpcError(request.id, -32000, answered));
        else json(res, result(request.id, answered));
      }, ms);
    });
    raw.push(upstream);
    return invocation.profile({ url: upstream.url });
  };
  const begin = async (upstream: UpstreamProfile, more: CallOptions = {}) => {
    const options = { client: WITH_TASKS, taskAfterMs: 50, ...more };
    const { answer, body } = await invocation.call(upstream, 't', {}, options);
    expect(answer).toEqual({ kind: 'task', affinity: 'instance' });
    return JSON.parse(body as string) as Told;
  };
  const at = { affinity: 'instance' } as const;
  const lookHere = async (upstream: UpstreamProfile, taskId: string, more: CallOptions = {}): Promise<Told> => {
    const { answer, body } = await operate(upstream, 'tasks/get', taskId, {}, { ...at, ...more });
    return answer.kind === 'result' ? JSON.parse(body as string) : answer;
  };
  const settled = async (
    upstream: UpstreamProfile,
    taskId: string,
    isIt = (told: Told) => OVER.includes(told.status),
  ) => {
    let told: Told;
    await expect.poll(async () => isIt((told = await lookHere(upstream, taskId)))).toBe(true);
    return told;
  };

  it('a deferred task ends with the answer of its call when that comes, and leaves one record', async () => {
    const upstream = await slowly({ resultType: 'complete', content: [], isError: true, _meta: { mine: 1 } });
    const options = { callId: `held-${Date.now()}` };
    const { taskId, status, ttlMs } = await begin(upstream, options);
    expect([status, ttlMs]).toEqual(['working', 600_000]);
    const done = await settled(upstream, taskId);
    expect(done).toMatchObject({
      status: 'completed',
      result: { resultType: 'complete', content: [], isError: true, _meta: { mine: 1 } },
    });
    expect(await invocation.record(options.callId)).toMatchObject({ outcome: 'tool_error' });
    const failed = await settled(...(await failing()));
    expect(failed).toMatchObject({ status: 'failed', error: { code: -32000, message: 'no' } });
  });
  const failing = async (): Promise<[UpstreamProfile, string]> => {
    const upstream = await slowly('no');
    return [upstream, (await begin(upstream)).taskId];
  };

  it('a call becomes no task when it is quick', async () => {
    const upstream = await slowly({ content: [] }, 0);
    const { answer } = await invocation.call(upstream, 't', {}, { client: WITH_TASKS, taskAfterMs: 60_000 });
    expect(answer.kind).toBe('result');
  });

  it('a deferred task goes on when its client has gone and it takes longer than a call may', async () => {
    const upstream = invocation.profile({ ...(await slowly({ content: [] }, 6_000)), timeoutMs: 3_000 });
    const leave = new AbortController();
    const { taskId } = await begin(upstream, { signal: leave.signal });
    leave.abort();
    expect((await settled(upstream, taskId)).status).toBe('completed');
  });

  it('a deferred task is unknown when another principal names it, and is cancelled by its own', async () => {
    const upstream = await slowly({ content: [] }, 60_000);
    const { taskId } = await begin(upstream);
    const bob = { principal: { id: 'bob@example.com', tokenId: null } };
    expect(await lookHere(upstream, taskId, bob)).toMatchObject({ kind: 'error', error: { code: -32602 } });
    await operate(upstream, 'tasks/cancel', taskId, {}, at);
    expect((await lookHere(upstream, taskId)).status).toBe('cancelled');
  });

  it.each(['modern', 'legacy'] as const)(
    'a deferred task gets its input when the upstream requests some more than once: %s',
    async (era) => {
      const fixture = await startConformanceFixture({ era });
      raw.push({ close: () => fixture.stop() });
      const upstream = invocation.profile({ url: fixture.url });
      const name = 'test_input_required_result_multi_round';
      const { answer, body } = await invocation.call(upstream, name, {}, { client: WITH_TASKS, taskAfterMs: 0 });
      expect(answer.kind).toBe('task');
      const { taskId } = JSON.parse(body as string);
      const keys = new Set<string>();
      for (const content of [{ name: 'Ada' }, { color: 'red' }]) {
        const asked = await settled(upstream, taskId, ({ inputRequests = {} }) =>
          Object.keys(inputRequests).some((key) => !keys.has(key)),
        );
        const [key] = Object.keys(asked.inputRequests) as [string];
        expect(keys.has(key)).toBe(false);
        keys.add(key);
        await operate(
          upstream,
          'tasks/update',
          taskId,
          { inputResponses: { [key]: { action: 'accept', content } } },
          at,
        );
      }
      const done = await settled(upstream, taskId);
      expect(done.result.content[0].text).toContain('red');
    },
  );

  it('a follower gets each change when a deferred task runs', async () => {
    const upstream = await slowly({ content: [] }, 300);
    const { taskId } = await begin(upstream);
    const heard: Told[] = [];
    const { principal } = invocation.routed(upstream, 't');
    await invocation.bus.ask(
      WatchTasks,
      { upstreamId: upstream.id, principal, client: WITH_TASKS, affinity: 'instance', taskIds: [taskId, 'no-such'] },
      { onFrame: ({ body }) => void heard.push(JSON.parse(body as string)) },
    );
    expect(heard).toMatchObject([{ taskId, status: 'completed', result: { content: [] } }]);
  });

  it('a slow call becomes no task when its caller has as many as it may', async () => {
    const own = await givenInvocation({ TASKS_PER_PRINCIPAL: '1' });
    const { url } = await slowly({ content: [] }, 5_000);
    const upstream = own.profile({ url });
    const options = { client: WITH_TASKS, taskAfterMs: 50 };
    const kinds = await Promise.all([1, 2].map(async () => (await own.call(upstream, 't', {}, options)).answer.kind));
    await own.close();
    expect(kinds.sort()).toEqual(['result', 'task']);
  });

  it('a deferred task becomes a task of the upstream when the upstream makes one of it', async () => {
    const fixture = await startConformanceFixture({ era: 'legacy' });
    raw.push({ close: () => fixture.stop() });
    const upstream = invocation.profile({ url: fixture.url });
    const options = { client: WITH_TASKS, taskAfterMs: 0, taskSupport: 'required' } as const;
    const { answer, body } = await invocation.call(upstream, 'failing_job', {}, options);
    expect(answer).toEqual({ kind: 'task', affinity: 'instance' });
    const done = await settled(upstream, JSON.parse(body as string).taskId);
    expect(done).toMatchObject({ status: 'completed', result: { isError: true } });
  });
});
