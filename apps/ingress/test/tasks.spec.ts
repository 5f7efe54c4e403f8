import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bus, WithBody } from '#libs/bus';
import {
  type CallAnswer,
  CatalogChanged,
  ExecuteCall,
  type RequestOf,
  type UpstreamCall,
  type TaskNotice,
  WatchTasks,
} from '#libs/contracts';
import { fail } from '#libs/errors';
import { flipped } from '#libs/testing';
import {
  JSON_HEADERS,
  Rig,
  catalogOf,
  eventsOf,
  modern,
  modernHeaders,
  nextMessage,
  openSession,
  post,
  tool,
  user,
  upstream,
  listingOf,
} from './rig.js';

const TASKS = 'io.modelcontextprotocol/tasks';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const DECLARED = { [CAPABILITIES]: { extensions: { [TASKS]: {} }, elicitation: {} } };
const UPSTREAM_ID = 'upstream-secret-7';

const offering = (capabilities: Readonly<Record<string, unknown>>, tools = [tool('echo')]) =>
  catalogOf({ upstreams: [upstream('u1', listingOf(), { capabilities })], tools });

const task = (more: object = {}): string =>
  JSON.stringify({ taskId: UPSTREAM_ID, status: 'working', ttlMs: null, ...more });

describe('tasks', () => {
  let rig: Rig;
  let url: string;

  beforeEach(async () => {
    rig = new Rig();
    rig.catalogs.set(null, offering({ extensions: { [TASKS]: {} } }));
    url = `${await rig.start()}/mcp`;
  });
  afterEach(() => rig.stop());

  const answers = (byMethod: Partial<Record<UpstreamCall['method'], [CallAnswer, string?]>>) => {
    rig.execute = async ({ method }) => {
      const [head, body] = byMethod[method] ?? [{ kind: 'result' } as const, '{}'];
      return new WithBody(head, body);
    };
  };
  const ask = (method: string, params: Record<string, unknown>, headers: Record<string, string> = {}) =>
    post(url, modern(method, { _meta: DECLARED, ...params }), {
      ...modernHeaders(method, String(params['taskId'] ?? params['name'])),
      ...headers,
    });
  const begin = async (headers: Record<string, string> = {}): Promise<string> => {
    const { json } = await ask('tools/call', { name: 'echo' }, headers);
    return json.result.taskId;
  };

  it('tasks are offered when an upstream has them, in its own words or in those of 2025-11-25', async () => {
    const offered = async () =>
      (await ask('server/discover', {})).json.result.capabilities.extensions?.[TASKS] !== undefined;
    expect(await offered()).toBe(true);

    rig.catalogs.set(null, offering({ tasks: { requests: { tools: { call: {} } } } }));
    const other = `${await rig.start()}/mcp`;
    url = other;
    expect(await offered()).toBe(true);

    rig.catalogs.set(null, offering({ tasks: { list: {} } }));
    url = `${await rig.start()}/mcp`;
    expect(await offered()).toBe(false);
    expect(await ask('tasks/get', { taskId: 'x' })).toMatchObject({ status: 404, json: { error: { code: -32601 } } });
  });

  it('tasks are begun, polled, updated and cancelled under an id that tells nothing', async () => {
    answers({
      'tools/call': [{ kind: 'task', meta: { mine: 1 } }, task({ pollIntervalMs: 5 })],
      'tasks/get': [{ kind: 'result' }, task({ status: 'completed', result: { n: 1 } }).replace('1}', '1.0}')],
      'tasks/update': [{ kind: 'result' }, '{"stray":true}'],
    });
    const begun = await ask('tools/call', { name: 'echo' });
    const { taskId } = begun.json.result;
    expect(begun.json.result).toMatchObject({ resultType: 'task', status: 'working', ttlMs: null, _meta: { mine: 1 } });
    expect(begun.text).not.toContain(UPSTREAM_ID);
    expect(Buffer.from(taskId, 'base64url').toString('latin1')).not.toContain(UPSTREAM_ID);

    const got = await ask('tasks/get', { taskId });
    expect(got.json.result).toMatchObject({ resultType: 'complete', taskId, status: 'completed' });
    expect(got.text).toContain('"result":{"n":1.0}');

    const inputResponses = { k: { action: 'accept' } };
    const updated = await ask('tasks/update', { taskId, inputResponses });
    expect(updated.json.result).toEqual({ resultType: 'complete', _meta: expect.anything() });
    const cancelled = await ask('tasks/cancel', { taskId });
    expect(cancelled.json.result).toEqual({ resultType: 'complete', _meta: expect.anything() });

    const [, get, update] = rig.calls;
    expect(get?.call).toMatchObject({
      method: 'tasks/get',
      target: UPSTREAM_ID,
      upstreamId: 'u1',
      exposedName: 'echo',
    });
    expect(get?.call.client.capabilities).toEqual({ elicitation: {}, extensions: { [TASKS]: {} } });
    expect(JSON.parse(update?.body ?? '')).toEqual({ taskId: UPSTREAM_ID, inputResponses });
  });

  it('tasks are refused when a request does not declare the extension', async () => {
    answers({ 'tools/call': [{ kind: 'task' }, task()] });
    const taskId = await begin();
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const refused = await ask(method, { taskId, _meta: {} });
      expect(refused.status).toBe(400);
      expect(refused.json.error).toMatchObject({
        code: -32021,
        data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
      });
    }
    for (const method of ['tasks/result', 'tasks/list'])
      expect(await ask(method, { taskId })).toMatchObject({ status: 404, json: { error: { code: -32601 } } });
  });

  it('a task is read when the client leaves out the Mcp-Name header', async () => {
    answers({ 'tools/call': [{ kind: 'task' }, task()], 'tasks/get': [{ kind: 'result' }, task()] });
    const taskId = await begin();
    const read = await post(url, modern('tasks/get', { _meta: DECLARED, taskId }), modernHeaders('tasks/get'));
    expect(read).toMatchObject({ status: 200, json: { result: { taskId } } });
  });

  it('a task request is refused when another id is in the Mcp-Name header', async () => {
    answers({ 'tools/call': [{ kind: 'task' }, task()] });
    const taskId = await begin();
    for (const name of ['another', '']) {
      const refused = await ask('tasks/get', { taskId }, { 'mcp-name': name });
      expect(refused).toMatchObject({ status: 400, json: { error: { code: -32020 } } });
    }
  });

  it('a task is known only to its caller, at its endpoint, while the caller sees the tool', async () => {
    rig.tokens.set('ada', user('ada')).set('bob', user('bob'));
    const as = (name: string) => ({ authorization: `Bearer ${name}` });
    rig.catalogs.set('s1', offering({ extensions: { [TASKS]: {} } }));
    answers({ 'tools/call': [{ kind: 'task' }, task()], 'tasks/get': [{ kind: 'result' }, task()] });
    const taskId = await begin(as('ada'));
    const unknown = { status: 200, json: { error: { code: -32602, message: 'Unknown task' } } };
    expect((await ask('tasks/get', { taskId }, as('ada'))).json.result.taskId).toBe(taskId);
    expect(await ask('tasks/get', { taskId }, as('bob'))).toMatchObject(unknown);
    expect(await ask('tasks/get', { taskId })).toMatchObject(unknown);
    for (const forged of [UPSTREAM_ID, flipped(taskId), taskId.slice(4), 'Ünknown'])
      expect(await ask('tasks/get', { taskId: forged }, { ...as('ada'), 'mcp-name': header(forged) })).toMatchObject(
        unknown,
      );
    expect(await ask('tasks/get', { taskId: 7 }, as('ada'))).toMatchObject(unknown);

    const here = url;
    url = here.replace('/mcp', '/servers/s1/mcp');
    expect(await ask('tasks/get', { taskId }, as('ada'))).toMatchObject(unknown);

    rig.catalogs.set(null, offering({ extensions: { [TASKS]: {} } }, [tool('another')]));
    url = `${await rig.start()}/mcp`;
    expect(await ask('tasks/get', { taskId }, as('ada'))).toMatchObject(unknown);
  });

  it("a task error hides the upstream's id when the upstream names it", async () => {
    answers({
      'tools/call': [{ kind: 'task' }, task()],
      'tasks/get': [{ kind: 'error', error: { code: -32602, message: `No task ${UPSTREAM_ID}`, data: UPSTREAM_ID } }],
      'tasks/cancel': [{ kind: 'error', error: { code: -32601, message: 'What?' } }],
    });
    const taskId = await begin();
    const { json } = await ask('tasks/get', { taskId });
    expect(json.error).toEqual({ code: -32602, message: `No task ${taskId}` });
    expect((await ask('tasks/cancel', { taskId })).json.error.code).toBe(-32602);
  });

  it('a call may become a task when its tool says so and its client takes one', async () => {
    const slow = { ...tool('echo'), taskAfterMs: 7 };
    rig.catalogs.set(null, offering({}, [slow]));
    url = `${await rig.start()}/mcp`;
    const { json } = await ask('server/discover', {});
    expect(json.result.capabilities.extensions).toEqual({ [TASKS]: {} });
    await ask('tools/call', { name: 'echo' });
    await ask('tools/call', { name: 'echo', _meta: {} });
    const session = await openSession(url, { extensions: { [TASKS]: {} } });
    await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } }, session);
    expect(rig.calls.map(({ call }) => call.taskAfterMs)).toEqual([7, undefined, undefined]);
  });

  it('a client with a session never gets a task, whatever it declares', async () => {
    answers({ 'tools/call': [{ kind: 'task' }, task()] });
    const session = await openSession(url, { extensions: { [TASKS]: {} } });
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo' } };
    const { json } = await post(url, call, session);
    expect(json.error.message).toContain('task');
    expect(rig.calls[0]?.call.client.capabilities).toEqual({});
    const get = { ...call, method: 'tasks/get', params: { taskId: 'x' } };
    expect((await post(url, get, session)).json.error.code).toBe(-32601);
  });

  describe('that an instance keeps', () => {
    let other: Bus;
    const asked: { instance: string; call: UpstreamCall }[] = [];

    beforeEach(() => {
      other = rig.broker.join('tool-invocation');
      asked.length = 0;
      const serve = (instance: string) => async (call: UpstreamCall) => {
        asked.push({ instance, call });
        const affinity = call.exposedName === 'slow' ? 'instance' : 'session';
        return new WithBody(
          call.method === 'tools/call' ? ({ kind: 'task', affinity } as const) : ({ kind: 'result' } as const),
          task(),
        );
      };
      other.answer(ExecuteCall, serve(other.instance));
      rig.execute = serve(rig.invocation.instance);
      rig.catalogs.set(null, offering({ extensions: { [TASKS]: {} } }, [tool('echo'), tool('slow')]));
    });

    it('a task is polled at the instance that keeps it, with what its client could do when it began', async () => {
      for (let i = 0; i < 4; i++) {
        const taskId = await begin();
        const at = asked.at(-1)?.instance;
        const bare = { [CAPABILITIES]: { extensions: { [TASKS]: {} }, sampling: {} } };
        await ask('tasks/get', { taskId, _meta: bare });
        expect(asked.at(-1)).toMatchObject({
          instance: at,
          call: { affinity: 'session', client: { capabilities: { elicitation: { form: {} } } } },
        });
      }
    });

    it('a task is looked for at another instance when the one that kept it is gone, unless that alone had it', async () => {
      const ids = new Map<string, string>();
      for (const name of ['echo', 'slow']) {
        do ids.set(name, (await ask('tools/call', { name })).json.result.taskId);
        while (asked.at(-1)?.instance !== other.instance);
      }
      await other.drain({ graceMs: 0 });
      expect((await ask('tasks/get', { taskId: ids.get('echo') })).json.result.status).toBe('working');
      expect(asked.at(-1)?.instance).toBe(rig.invocation.instance);
      const gone = await ask('tasks/get', { taskId: ids.get('slow') });
      expect(gone.json.error).toEqual({ code: -32602, message: 'Unknown task' });
    });
  });

  describe('that are listened to', () => {
    const watches: {
      request: RequestOf<typeof WatchTasks>;
      send: (notice: TaskNotice, text: string) => void;
      end: () => void;
    }[] = [];
    const ended: string[] = [];

    beforeEach(() => {
      watches.length = 0;
      ended.length = 0;
      rig.invocation.answer(
        WatchTasks,
        (request, context) =>
          new Promise((resolve, reject) => {
            watches.push({
              request,
              send: (notice, text) => void context.send(notice, text),
              end: () => resolve({ ended: true }),
            });
            context.signal.addEventListener('abort', () => {
              ended.push(request.upstreamId);
              reject(fail('bus.cancelled'));
            });
          }),
      );
      answers({ 'tools/call': [{ kind: 'task' }, task()] });
    });

    const listen = (taskIds: unknown, meta: object = DECLARED, signal?: AbortSignal) =>
      fetch(url, {
        method: 'POST',
        headers: { ...JSON_HEADERS, ...modernHeaders('subscriptions/listen') },
        body: JSON.stringify(modern('subscriptions/listen', { notifications: { taskIds }, _meta: meta }, 'sub-1')),
        ...(signal && { signal }),
      });

    it('a listener is notified of tasks under the ids that the client has', async () => {
      const taskId = await begin();
      const leave = new AbortController();
      const events = eventsOf(await listen([taskId, 'no-such-task', UPSTREAM_ID], DECLARED, leave.signal));
      const acknowledged = await nextMessage(events);
      expect(acknowledged.params.notifications).toEqual({ taskIds: [taskId] });
      await expect.poll(() => watches.length).toBe(1);
      expect(watches[0]?.request).toMatchObject({ upstreamId: 'u1', taskIds: [UPSTREAM_ID] });

      watches[0]?.send({ taskId: 'another' }, task());
      watches[0]?.send({ taskId: UPSTREAM_ID }, task({ status: 'completed', result: {} }));
      const told = await nextMessage(events);
      expect(told).toMatchObject({
        method: 'notifications/tasks',
        params: {
          taskId,
          status: 'completed',
          result: {},
          _meta: { 'io.modelcontextprotocol/subscriptionId': 'sub-1' },
        },
      });
      expect(JSON.stringify(told)).not.toContain(UPSTREAM_ID);
      leave.abort();
      await expect.poll(() => ended).toEqual(['u1']);
    });

    it('a listener is told which tasks are lost when nobody knows them any more, and nothing of the others', async () => {
      const createdAt = '2026-07-28T00:00:00.000Z';
      answers({ 'tools/call': [{ kind: 'task' }, task({ createdAt })] });
      const [over, lost] = [await begin(), await begin()];
      const events = eventsOf(await listen([over]));
      await expect.poll(() => watches.length).toBe(1);
      const others = eventsOf(await listen([lost]));
      await expect.poll(() => watches.length).toBe(2);
      await Promise.all([nextMessage(events), nextMessage(others)]);
      watches[0]?.send({ taskId: UPSTREAM_ID }, task({ status: 'cancelled' }));
      for (const { end } of watches) end();
      expect((await nextMessage(events)).params).toMatchObject({ taskId: over, status: 'cancelled' });
      expect((await nextMessage(others)).params).toMatchObject({
        taskId: lost,
        status: 'failed',
        createdAt,
        error: {
          code: -32603,
          message: 'The task is lost',
          data: { reason: 'bus.responder_lost', executed: 'unknown' },
        },
      });
      await rig.stopStreams();
      for (const ended of [events, others]) expect(await nextMessage(ended)).toHaveProperty('result');
    });

    it('a listener is refused when it asks for tasks without the extension', async () => {
      const refused = await listen([await begin()], {});
      expect(refused.status).toBe(400);
      expect(((await refused.json()) as { error: { code: number } }).error.code).toBe(-32021);
      expect((await listen('x')).status).toBe(200);
      expect(watches).toEqual([]);
    });

    it('a listener is notified of a task no more when its tool is hidden', async () => {
      const taskId = await begin();
      const events = eventsOf(await listen([taskId]));
      await nextMessage(events);
      await expect.poll(() => watches.length).toBe(1);
      const hidden = tool('echo', {}, { visibility: 'private', teamId: null, ownerEmail: 'ada' });
      rig.catalogs.set(null, offering({ extensions: { [TASKS]: {} } }, [hidden]));
      const described = rig.describes;
      rig.registry.publish(CatalogChanged, { revision: 2, lists: ['tools'], serverIds: [], upstreamIds: ['u1'] });
      await expect.poll(() => rig.describes).toBeGreaterThan(described);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
      watches[0]?.send({ taskId: UPSTREAM_ID }, task({ status: 'completed' }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      await rig.stopStreams();
      expect(await nextMessage(events)).toMatchObject({ id: 'sub-1', result: { resultType: 'complete' } });
    });
  });
});

/** A name that no header can hold as it is. */
const header = (name: string): string =>
  /^[\x21-\x7e]+$/.test(name) ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
