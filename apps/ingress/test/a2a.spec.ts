import { type Message, Role, TaskState } from '@a2a-js/sdk';
import { ClientFactory, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { ClientFactory as OldClientFactory } from 'a2a-sdk-0-3/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WithBody } from '#libs/bus';
import { Rig, catalogOf, eventsOf, nextMessage, post, tool, user } from './rig.js';

const PUBLIC = { visibility: 'public', teamId: null, ownerEmail: null } as const;
const VERSIONS = ['1.0', '0.3'] as const;
type Version = (typeof VERSIONS)[number];
const METHODS = {
  '1.0': {
    send: 'SendMessage',
    stream: 'SendStreamingMessage',
    get: 'GetTask',
    cancel: 'CancelTask',
    follow: 'SubscribeToTask',
  },
  '0.3': {
    send: 'message/send',
    stream: 'message/stream',
    get: 'tasks/get',
    cancel: 'tasks/cancel',
    follow: 'tasks/resubscribe',
  },
} as const;

const SERVER = { id: 's1', name: 'Kitchen', description: 'What is cooked here', ...PUBLIC };

let rig: Rig;
let base: string;

beforeEach(async () => {
  rig = new Rig();
  rig.catalogs.set('s1', catalogOf({ server: SERVER, tools: [tool('bake', { title: 'Bake' }), tool('brew')] }));
  rig.tokens.set('ada', user('ada@example.com'));
  rig.tokens.set('bob', user('bob@example.com'));
  base = `${await rig.start()}/servers/s1`;
});
afterEach(() => rig.stop());

const part = (version: Version, value: { text: string } | { data: unknown }) =>
  version === '1.0' ? value : { kind: 'text' in value ? 'text' : 'data', ...value };
const bake = { data: { tool: 'bake', arguments: { loaf: 1 } } };

const ask = async (version: Version, method: string, params: object, token = 'ada') => {
  const headers = { 'a2a-version': version, authorization: `Bearer ${token}` };
  return post(`${base}/a2a`, { jsonrpc: '2.0', id: 7, method, params }, headers);
};
const message = (
  version: Version,
  value: { text: string } | { data: unknown },
  more: object = {},
  configuration?: object,
) => ({
  message: {
    ...(version === '0.3' && { kind: 'message' }),
    messageId: crypto.randomUUID(),
    role: version === '1.0' ? 'ROLE_USER' : 'user',
    parts: [part(version, value)],
    ...more,
  },
  ...(configuration && { configuration }),
});
/** The task of an answer, with its state as 0.3 spells it. */
// oxlint-disable-next-line typescript/no-explicit-any
const taskIn = ({ json }: { readonly json: any }) => {
  const task = json.result.task ?? json.result;
  const state = String(task.status.state).replace('TASK_STATE_', '').toLowerCase().replaceAll('_', '-');
  return { ...task, state };
};
const authorised: typeof fetch = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set('authorization', 'Bearer ada');
  return fetch(input, { ...init, headers });
};
const events = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice(5)) as { result: Record<string, never> });

describe('a virtual server as an agent', () => {
  it.each(['/.well-known/agent-card.json', '/.well-known/agent.json', '/a2a/.well-known/agent-card.json'])(
    'the card has each tool as a skill, for both versions, at %s',
    async (path) => {
      const response = await authorised(`${base}${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('vary')).toContain('A2A-Version');
      expect(response.headers.get('etag')).toMatch(/^"/);
      expect(await response.json()).toMatchObject({
        name: 'Kitchen',
        url: `${base}/a2a`,
        protocolVersion: '0.3.0',
        supportedInterfaces: VERSIONS.map((protocolVersion) => ({
          url: `${base}/a2a`,
          protocolBinding: 'JSONRPC',
          protocolVersion,
        })),
        capabilities: { streaming: true, pushNotifications: false },
        skills: [
          { id: 'bake', name: 'Bake', description: 'Tool bake' },
          { id: 'brew', name: 'brew', description: 'Tool brew' },
        ],
      });
    },
  );

  it.each(VERSIONS)('a data part runs a tool, whose result is an artifact: %s', async (version) => {
    const answer = await ask(version, METHODS[version].send, message(version, bake));
    const task = taskIn(answer);
    expect(task).toMatchObject({ state: 'completed', contextId: expect.any(String) });
    expect(task.artifacts[0].parts[0].text).toBe('up_bake {"name":"up_bake","arguments":{"loaf":1}}');
    expect(rig.calls[0]?.call).toMatchObject({ method: 'tools/call', principal: { id: 'ada@example.com' } });
    const later = await ask(version, METHODS[version].get, { id: task.id });
    expect(taskIn(later)).toMatchObject({ id: task.id, state: 'completed', artifacts: task.artifacts });
  });

  it.each(VERSIONS)('a stream tells the task, its progress, what it made and its end: %s', async (version) => {
    rig.execute = async (_, context) => {
      await context.send({ kind: 'progress', progress: 1, total: 2, message: 'kneading' });
      const result = { content: [{ type: 'text', text: 'a loaf' }], structuredContent: { weight: 1 } };
      return new WithBody({ kind: 'result' }, JSON.stringify(result));
    };
    const answer = await ask(version, METHODS[version].stream, message(version, bake));
    const told = events(answer.text).map(({ result }) => JSON.stringify(result));
    expect(told).toHaveLength(4);
    expect(told[0]).toContain(version === '1.0' ? '"task":{' : '"kind":"task"');
    expect(told[1]).toContain('kneading');
    expect(told[2]).toContain('a loaf');
    expect(told[2]).toContain('{"weight":1}');
    expect(told[3]).toContain(version === '1.0' ? 'TASK_STATE_COMPLETED' : '"final":true');
  });

  it.each(VERSIONS)('a message without a tool is asked which one, and the task goes on: %s', async (version) => {
    const asked = taskIn(await ask(version, METHODS[version].send, message(version, { text: 'hello' })));
    expect(asked.state).toBe('input-required');
    expect(JSON.stringify(asked.status.message)).toContain('- bake: Tool bake');
    expect(rig.calls).toEqual([]);
    const { id: taskId, contextId } = asked;
    const answer = await ask(version, METHODS[version].send, message(version, bake, { taskId, contextId }));
    expect(taskIn(answer)).toMatchObject({ id: taskId, contextId, state: 'completed' });
    const again = await ask(version, METHODS[version].send, message(version, bake, { taskId }));
    expect(again.json.error).toMatchObject({ code: -32_004 });
  });

  it.each(VERSIONS)('what a tool asks is input-required, and text answers it: %s', async (version) => {
    rig.execute = async (_, { body }) => {
      if (body?.includes('inputResponses'))
        return new WithBody({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text: body }] }));
      const requestedSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
      const inputRequests = { who: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema } } };
      return new WithBody({ kind: 'input-required' }, JSON.stringify({ inputRequests, requestState: 's' }));
    };
    const asked = taskIn(await ask(version, METHODS[version].send, message(version, bake)));
    expect(asked.state).toBe('input-required');
    expect(asked.status.message.parts[0].text).toBe('Who?');
    const { id: taskId } = asked;
    const answered = taskIn(await ask(version, METHODS[version].send, message(version, { text: 'Ann' }, { taskId })));
    expect(answered).toMatchObject({ id: taskId, state: 'completed' });
    expect(answered.artifacts[0].parts[0].text).toContain('"who":{"action":"accept","content":{"name":"Ann"}}');
    expect(answered.artifacts[0].parts[0].text).toContain('"requestState":"s"');
  });

  it('a task is told of at once where its client does not wait, and can be asked for until it is done', async () => {
    const done = Promise.withResolvers<void>();
    rig.execute = async () => {
      await done.promise;
      return new WithBody({ kind: 'result' }, '{"content":[{"type":"text","text":"late"}]}');
    };
    for (const version of VERSIONS) {
      const configuration = version === '1.0' ? { returnImmediately: true } : { blocking: false };
      const begun = taskIn(await ask(version, METHODS[version].send, message(version, bake, {}, configuration)));
      expect(begun.state).toBe('working');
      const state = async () => taskIn(await ask(version, METHODS[version].get, { id: begun.id })).state;
      await expect.poll(state).toBe('working');
      if (version === '0.3') done.resolve();
      if (version === '0.3') await expect.poll(state).toBe('completed');
    }
  });

  it.each(VERSIONS)('a task is cancelled, and its call with it, when its client says so: %s', async (version) => {
    let isCancelled = false;
    rig.execute = (_, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          isCancelled = true;
          reject(new Error('cancelled'));
        }),
      );
    const configuration = version === '1.0' ? { returnImmediately: true } : { blocking: false };
    const { id } = taskIn(await ask(version, METHODS[version].send, message(version, bake, {}, configuration)));
    await expect.poll(async () => (await ask(version, METHODS[version].get, { id })).json.error).toBeUndefined();
    expect(taskIn(await ask(version, METHODS[version].cancel, { id })).state).toBe('canceled');
    await expect.poll(() => isCancelled).toBe(true);
    expect((await ask(version, METHODS[version].cancel, { id })).json.error.code).toBe(-32_002);
    expect(taskIn(await ask(version, METHODS[version].get, { id })).state).toBe('canceled');
  });

  it('a tool that fails makes a failed task with its words', async () => {
    rig.execute = async () =>
      new WithBody({ kind: 'result' }, '{"content":[{"type":"text","text":"burnt"}],"isError":true}');
    const task = taskIn(await ask('1.0', 'SendMessage', message('1.0', bake)));
    expect(task).toMatchObject({ state: 'failed', status: { message: { parts: [{ text: 'burnt' }] } } });
  });

  it.each(VERSIONS)('a task is followed to its end by who subscribes to it while it works: %s', async (version) => {
    const done = Promise.withResolvers<void>();
    rig.execute = async () => {
      await done.promise;
      return new WithBody({ kind: 'result' }, '{"content":[{"type":"text","text":"late"}]}');
    };
    const configuration = version === '1.0' ? { returnImmediately: true } : { blocking: false };
    const { id } = taskIn(await ask(version, METHODS[version].send, message(version, bake, {}, configuration)));
    await expect.poll(async () => (await ask(version, METHODS[version].get, { id })).json.error).toBeUndefined();
    const response = await authorised(`${base}/a2a`, {
      method: 'POST',
      headers: { 'a2a-version': version, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 8, method: METHODS[version].follow, params: { id } }),
    });
    const told = eventsOf(response);
    expect(taskIn({ json: await nextMessage(told) })).toMatchObject({ id, state: 'working' });
    done.resolve();
    expect(JSON.stringify(await nextMessage(told))).toContain('late');
    const end = JSON.stringify(await nextMessage(told));
    expect(end).toContain(version === '1.0' ? 'TASK_STATE_COMPLETED' : '"final":true');
    expect(await nextMessage(told)).toBeNull();
    expect((await ask(version, METHODS[version].follow, { id })).json.error.code).toBe(-32_004);
  });

  it('a task is not to be had when its caller may run no tools any more, or does not see its tool', async () => {
    rig.execute = async () => {
      const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
      const inputRequests = { who: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema } } };
      return new WithBody({ kind: 'input-required' }, JSON.stringify({ inputRequests }));
    };
    const tools = [tool('bake', {}, { visibility: 'team', teamId: 't', ownerEmail: null })];
    rig.catalogs.set('s1', catalogOf({ server: SERVER, tools }));
    rig.tokens.set('ada', user('ada@example.com', { teams: ['t'] }));
    const { id } = taskIn(await ask('1.0', 'SendMessage', message('1.0', bake)));
    rig.tokens.set('ada-reads', user('ada@example.com', { permissions: ['tools.read'] }));
    rig.tokens.set('ada-left', user('ada@example.com'));
    const again = message('1.0', { data: 7 }, { taskId: id });
    const asking = [
      ['GetTask', { id }],
      ['CancelTask', { id }],
      ['SubscribeToTask', { id }],
      ['SendMessage', again],
    ] as const;
    for (const [method, params] of asking) {
      const { json } = await ask('1.0', method, params, 'ada-reads');
      expect({ method, reason: json.error.data[0].reason }).toEqual({ method, reason: 'auth.grant_missing' });
    }
    for (const [method, params] of asking)
      expect((await ask('1.0', method, params, 'ada-left')).json.error.code).toBe(-32_001);
    expect(taskIn(await ask('1.0', 'GetTask', { id })).state).toBe('input-required');
  });

  it('a caller who has asked too often is refused a task, too', async () => {
    await rig.stop();
    rig = new Rig({ CALLER_RATE_LIMIT: '60', RATE_LIMIT_BURST: '1' });
    rig.catalogs.set('s1', catalogOf({ server: SERVER }));
    rig.tokens.set('ada', user('ada@example.com'));
    base = `${await rig.start()}/servers/s1`;
    expect((await ask('1.0', 'GetTask', { id: 'x' })).json.error.code).toBe(-32_001);
    for (const method of ['GetTask', 'CancelTask', 'SubscribeToTask']) {
      const { json } = await ask('1.0', method, { id: 'x' });
      expect(json.error.data[0].reason).toBe('http.rate_limited');
    }
  });

  it('a task waits as it did when the call that goes on with it is refused', async () => {
    const { id, contextId } = taskIn(await ask('1.0', 'SendMessage', message('1.0', { text: 'hello' })));
    const refused = await ask('1.0', 'SendMessage', message('1.0', { data: { tool: 'nothing' } }, { taskId: id }));
    expect(refused.json.error.code).toBe(-32_602);
    await expect.poll(async () => taskIn(await ask('1.0', 'GetTask', { id })).state).toBe('input-required');
    const answer = await ask('1.0', 'SendMessage', message('1.0', bake, { taskId: id, contextId }));
    expect(taskIn(answer).state).toBe('completed');
  });

  it('a task is nobody else’s', async () => {
    const { id } = taskIn(await ask('1.0', 'SendMessage', message('1.0', bake)));
    expect((await ask('1.0', 'GetTask', { id }, 'bob')).json.error.code).toBe(-32_001);
    expect((await ask('1.0', 'CancelTask', { id }, 'bob')).json.error.code).toBe(-32_001);
  });

  it.each([
    ['2.0', 'SendMessage', message('1.0', bake), -32_009],
    ['1.0', 'message/send', message('0.3', bake), -32_601],
    ['0.3', 'SendMessage', message('1.0', bake), -32_601],
    ['1.0', 'ListTasks', {}, -32_004],
    ['1.0', 'SubscribeToTask', { id: 'x' }, -32_001],
    ['0.3', 'tasks/resubscribe', { id: 'x' }, -32_001],
    ['1.0', 'CreateTaskPushNotificationConfig', {}, -32_003],
    ['0.3', 'tasks/pushNotificationConfig/set', {}, -32_003],
    [
      '1.0',
      'SendMessage',
      message('1.0', bake, {}, { taskPushNotificationConfig: { url: 'https://x.example' } }),
      -32_003,
    ],
    ['1.0', 'GetExtendedAgentCard', {}, -32_007],
    ['1.0', 'GetTask', { id: 'nobody' }, -32_001],
    ['1.0', 'SendMessage', message('1.0', bake, { taskId: 'nobody' }), -32_001],
    ['1.0', 'GetTask', {}, -32_602],
    ['1.0', 'SendMessage', {}, -32_602],
    ['1.0', 'SendMessage', { message: { parts: [] } }, -32_602],
    ['1.0', 'SendMessage', { message: { parts: [{ data: { tool: 7 } }] } }, -32_602],
    ['1.0', 'SendMessage', message('1.0', { data: { tool: 'no-such-tool' } }), -32_602],
  ])('a request is refused in words of A2A: %s %s %#', async (version, method, params, code) => {
    const { json } = await ask(version as Version, method, params);
    expect(json.error.code).toBe(code);
    expect(json.error.data[0]['@type']).toBe('type.googleapis.com/google.rpc.ErrorInfo');
    expect(json.id).toBe(7);
    expect(rig.calls).toEqual([]);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"GetTask"}]', 400],
    [
      'nested too deep',
      `{"jsonrpc":"2.0","id":1,"method":"GetTask","params":${'['.repeat(100)}${']'.repeat(100)}}`,
      400,
    ],
  ])('a body is refused that is %s', async (_, body, status) => {
    const answer = await post(`${base}/a2a`, body, { authorization: 'Bearer ada' });
    expect(answer.status).toBe(status);
    expect(answer.json.error.code).toBeLessThanOrEqual(-32_600);
  });

  it('a stranger is told neither the card nor that there is a task', async () => {
    rig.tokens.set('stranger', user('eve@example.com', { permissions: [] }));
    const card = await fetch(`${base}/.well-known/agent-card.json`, { headers: { authorization: 'Bearer forged' } });
    expect(card.status).toBe(401);
    expect(card.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect((await ask('1.0', 'GetTask', { id: 'x' }, 'forged')).status).toBe(401);
    const refused = await ask('1.0', 'SendMessage', message('1.0', bake), 'stranger');
    expect(refused.status).toBe(403);
    expect(rig.calls).toEqual([]);
  });

  it('the client of @a2a-js/sdk 1.3.0 finds the agent, sends, streams and asks for tasks', async () => {
    const factory = new ClientFactory({
      transports: [new JsonRpcTransportFactory({ fetchImpl: authorised })],
      cardResolver: {
        resolve: async (url: string) => (await authorised(new URL('.well-known/agent-card.json', url))).json(),
      },
    } as never);
    const client = await factory.createFromUrl(`${base}/`);
    const toSend: Message = {
      messageId: crypto.randomUUID(),
      contextId: '',
      taskId: '',
      role: Role.ROLE_USER,
      parts: [{ content: { $case: 'data', value: bake.data }, metadata: undefined, filename: '', mediaType: '' }],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    };
    const request = { tenant: '', message: toSend, configuration: undefined, metadata: undefined };
    const sent = (await client.sendMessage(request)) as unknown as { id: string; status: { state: TaskState } };
    expect(sent.status.state).toBe(TaskState.TASK_STATE_COMPLETED);
    const kinds: (string | undefined)[] = [];
    for await (const { payload } of client.sendMessageStream(request)) kinds.push(payload?.$case);
    expect(kinds).toEqual(['task', 'artifactUpdate', 'statusUpdate']);
    const found = await client.getTask({ tenant: '', id: sent.id } as never);
    expect(found.artifacts).toHaveLength(1);
    await expect(client.getTask({ tenant: '', id: 'nobody' } as never)).rejects.toThrow(/not found/i);
  });

  it('the client of @a2a-js/sdk 0.3.13 finds the agent, sends, streams and asks for tasks', async () => {
    const { JsonRpcTransportFactory: OldTransportFactory, DefaultAgentCardResolver } = await import(
      'a2a-sdk-0-3/client'
    );
    const factory = new OldClientFactory({
      transports: [new OldTransportFactory({ fetchImpl: authorised })],
      cardResolver: new DefaultAgentCardResolver({ fetchImpl: authorised }),
    } as never);
    const client = await factory.createFromUrl(`${base}/`);
    const params = {
      message: {
        kind: 'message' as const,
        messageId: crypto.randomUUID(),
        role: 'user' as const,
        parts: [{ kind: 'data' as const, data: bake.data }],
      },
    };
    const sent = (await client.sendMessage(params)) as { id: string; status: { state: string } };
    expect(sent.status.state).toBe('completed');
    const kinds: string[] = [];
    for await (const event of client.sendMessageStream(params)) kinds.push(event.kind);
    expect(kinds).toEqual(['task', 'artifact-update', 'status-update']);
    expect((await client.getTask({ id: sent.id })).artifacts).toHaveLength(1);
  });
});
