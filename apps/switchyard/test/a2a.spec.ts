import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type A2aDouble, type Gateway, startA2aDouble, startGateway } from '#libs/testing';

interface ToolResult {
  readonly isError?: boolean;
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
}

const VERSIONS = ['1.0', '0.3'] as const;
const METHODS = {
  '1.0': { stream: 'SendStreamingMessage', send: 'SendMessage', get: 'GetTask', subscribe: 'SubscribeToTask' },
  '0.3': { stream: 'message/stream', send: 'message/send', get: 'tasks/get', subscribe: 'tasks/resubscribe' },
} as const;

describe('A2A agents behind a gateway', () => {
  let gateway: Gateway;
  let client: Client;
  let legacy: Client;
  const agents = new Map<string, A2aDouble>();
  const agent = (name: string): A2aDouble => agents.get(name) as A2aDouble;

  beforeAll(async () => {
    const started = await Promise.all([
      startA2aDouble({ version: '1.0' }),
      startA2aDouble({ version: '0.3' }),
      startA2aDouble({ version: '1.0', isStreaming: false }),
      startA2aDouble({ version: '0.3', refusesSubscribers: true, cardPath: '/.well-known/agent.json' }),
      startA2aDouble({ version: '1.0', wants: 'Bearer secret-key-0815' }),
      startA2aDouble({ version: '0.3', cardPath: '/nowhere.json' }),
    ]);
    for (const [index, name] of ['new', 'old', 'plain', 'deaf', 'closed', 'bare'].entries())
      agents.set(name, started[index] as A2aDouble);
    gateway = await startGateway({ mode: 'distributed' });
    [client, legacy] = await Promise.all([gateway.client('modern'), gateway.client('legacy')]);
  });
  afterAll(async () => {
    await client?.close();
    await legacy?.close();
    await gateway?.stop();
    for (const double of agents.values()) await double.stop();
  });
  beforeEach(() => {
    onTestFailed(() => console.error(gateway.logs().slice(-8_000)));
    for (const { received } of agents.values()) received.length = 0;
  });

  const register = (name: string, besides: object = {}) =>
    gateway.admin.register({ name, transport: 'A2A', url: agent(name).url, ...besides });
  const call = async (name: string, args: object, by = client): Promise<ToolResult> =>
    (await by.callTool({ name: `${name}-send_message`, arguments: args as Record<string, unknown> })) as never;
  const namesOf = (name: string) => agent(name).received.map(({ method }) => method);

  it('an agent becomes one tool, with its skills, when its card is of either version and at either place', async () => {
    const [first, second, , third] = await Promise.all(['new', 'old', 'plain', 'deaf'].map((name) => register(name)));
    expect(first).toMatchObject({
      transport: 'A2A',
      toolCount: 1,
      serverInfo: { name: 'Baker', version: '1.2.3' },
      agent: { version: '1.0', isStreaming: true, url: `${agent('new').url}/a2a` },
    });
    expect(second).toMatchObject({ agent: { version: '0.3' } });
    expect(third).toMatchObject({ agent: { version: '0.3' }, toolCount: 1 });
    for (const era of ['modern', 'legacy'] as const) {
      const fresh = await gateway.client(era);
      const { tools } = await fresh.listTools();
      await fresh.close();
      expect(tools.map(({ name }) => name).sort()).toEqual(
        ['deaf', 'new', 'old', 'plain'].map((name) => `${name}-send_message`),
      );
      expect(tools[0]).toMatchObject({
        title: 'Baker',
        description: 'Bakes what it is told\nSkills of the agent:\n- Baking: Bread and cake (such as "bake a loaf")',
        inputSchema: { type: 'object', properties: { message: { type: 'string' } } },
      });
    }
  });

  it('an agent that wants a credential is read and called when it is shown one', async () => {
    await expect(register('closed')).rejects.toThrow(/no credential was presented/);
    await register('closed', { authType: 'bearer', authToken: 'secret-key-0815' });
    expect(await call('closed', { message: 'hello' })).toMatchObject({ isError: false });
    const listed = await gateway.admin.call('GET', '/v1/gateways');
    expect(JSON.stringify(listed)).not.toContain('secret-key-0815');
  });

  it.each(VERSIONS)('a message is sent once, and its answer told with where the task is, in %s', async (version) => {
    const name = version === '1.0' ? 'new' : 'old';
    const { content, structuredContent, isError } = await call(name, { message: 'bake a loaf', data: { rye: true } });
    const { taskId, contextId } = structuredContent ?? {};
    expect({ isError, structuredContent }).toEqual({
      isError: false,
      structuredContent: { state: 'completed', text: 'bake a loaf', data: [{ rye: true }], taskId, contextId },
    });
    expect(content.map(({ text }) => text)).toEqual([
      'bake a loaf',
      '{"rye":true}',
      JSON.stringify({ state: 'completed', taskId, contextId }),
    ]);
    expect(namesOf(name)).toEqual([METHODS[version].stream]);
    expect(agent(name).received[0]?.headers).toMatchObject({ 'a2a-version': version, traceparent: expect.any(String) });
  });

  it.each([
    ['a message alone', 'say hi', { text: expect.stringContaining(': hi'), contextId: expect.any(String) }],
    ['a status', 'status', { text: 'said in the status', state: 'completed' }],
    ['chunks', 'chunks', { text: 'one two three', state: 'completed' }],
  ])('an answer is found when it comes as %s', async (_, message, expected) => {
    for (const name of ['new', 'old']) {
      const { structuredContent, isError } = await call(name, { message });
      expect({ name, isError, structuredContent }).toMatchObject({ isError: false, structuredContent: expected });
    }
  });

  it('every kind of part has its kind of content', async () => {
    const { content } = await call('old', { message: 'parts' }, legacy);
    expect(content.slice(0, -1)).toEqual([
      { type: 'text', text: 'all kinds' },
      { type: 'text', text: '{"answer":42}' },
      {
        type: 'resource',
        resource: { uri: 'urn:switchyard:file:hello.txt', mimeType: 'text/plain', blob: 'aGVsbG8=' },
      },
      { type: 'image', mimeType: 'image/png', data: 'iVBORw==' },
      {
        type: 'resource_link',
        uri: 'https://files.example/report.pdf',
        name: 'report.pdf',
        mimeType: 'application/pdf',
      },
    ]);
  });

  it.each([
    ['fails', 'throw', 'The agent failed.', 'the oven is broken'],
    ['refuses', 'reject', 'The agent will not do it.', 'Not my trade'],
    ['wants an authorisation', 'auth', 'The agent needs an authorisation', 'Sign in at the shop first'],
  ])('a result says isError and what the agent said when it %s', async (_, message, lead, text) => {
    for (const name of ['new', 'old', 'plain']) {
      const { isError, content } = await call(name, { message });
      expect(isError).toBe(true);
      expect(content[0]?.text).toContain(lead);
      expect(content[1]?.text).toContain(text);
    }
  });

  it.each([
    ['nothing is said', {}, /message is missing/],
    ['an argument is unknown', { message: 'x', skill: 'bake' }, /skill/],
    ['a file is no base64', { message: 'x', files: [{ base64: '!' }] }, /base64/],
  ])('a call is answered with an error and nothing is sent when %s', async (_, args, message) => {
    const { isError, content } = await call('new', args);
    expect(isError).toBe(true);
    expect(content[0]?.text).toMatch(message);
    expect(agent('new').received).toEqual([]);
  });

  it('a task and a context are refused, and nothing is sent, when they were given to another caller', async () => {
    const email = 'eve@example.com';
    const user = { email, password: 'Correct-Horse-92', is_admin: true };
    await gateway.admin.call('POST', '/auth/email/admin/users', user);
    const token = await gateway.tokenFor({ email, isAdmin: true });
    const eve = await gateway.client('modern', { token });
    const { taskId, contextId } = (await call('new', { message: 'ask' })).structuredContent ?? {};
    agent('new').received.length = 0;
    for (const ids of [{ taskId }, { message: 'large', taskId }, { message: 'hi', contextId }, { taskId: 'guessed' }]) {
      const { isError, content } = await call('new', ids, eve);
      expect({ isError, text: content[0]?.text }).toEqual({
        isError: true,
        text: expect.stringContaining('is none that this caller was given by this agent'),
      });
    }
    const invoke = async (by: string) => {
      const response = await fetch(`${gateway.url}/a2a/new/invoke`, {
        method: 'POST',
        headers: { authorization: `Bearer ${by}`, 'content-type': 'application/json' },
        body: JSON.stringify({ parameters: { query: 'large', taskId, contextId } }),
      });
      return response.json();
    };
    expect(await invoke(token)).toMatchObject({ isError: true });
    expect(agent('new').received).toEqual([]);
    expect(await invoke(gateway.adminToken)).toMatchObject({
      structuredContent: { state: 'completed', text: 'You said: large', taskId, contextId },
    });
    await eve.close();
  });

  it('progress tells what the agent says of its work', async () => {
    const messages: (string | undefined)[] = [];
    await client.callTool(
      { name: 'new-send_message', arguments: { message: 'long' } },
      { onprogress: ({ message }) => messages.push(message) },
    );
    expect(messages).toEqual(expect.arrayContaining(['step 1', 'step 2', 'step 3']));
  });

  it.each(['new', 'old', 'deaf'])(
    'a task is followed, its message never repeated, when the stream breaks: %s',
    async (name) => {
      const { structuredContent, isError } = await call(name, { message: 'break' });
      expect({ isError, structuredContent }).toMatchObject({
        isError: false,
        structuredContent: { state: 'completed', text: 'after the break' },
      });
      const version = name === 'new' ? '1.0' : '0.3';
      expect(namesOf(name).filter((method) => method === METHODS[version].stream)).toHaveLength(1);
      expect(namesOf(name)).toContain(METHODS[version].get);
    },
  );

  it('an agent without streams is sent the message and waited for', async () => {
    const { structuredContent } = await call('plain', { message: 'hello' });
    expect(structuredContent).toMatchObject({ state: 'completed', text: 'hello' });
    expect(namesOf('plain')).toEqual(['SendMessage']);
  });

  it('a task is cancelled at the agent when its client cancels the call', async () => {
    for (const name of ['new', 'old']) {
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const waiting = client.callTool({ name: `${name}-send_message`, arguments: { message: 'wait' } }, options);
      await expect.poll(() => agent(name).received.length).toBe(1);
      controller.abort();
      await expect(waiting).rejects.toThrow();
      await expect.poll(() => agent(name).cancelled.length).toBe(1);
    }
  });

  it('a call says where its task is when its time is up, and a later call waits for it', async () => {
    const gateways = await gateway.admin.call<{ id: string; name: string }[]>('GET', '/v1/gateways');
    const { id } = gateways.find((each) => each.name === 'new') as { id: string };
    await gateway.admin.call('PUT', `/v1/gateways/${id}`, { timeoutMs: 8_000 });
    const { isError, content, structuredContent } = await call('new', { message: 'wait' });
    expect(isError).toBe(false);
    expect(content[0]?.text).toContain('Call again with taskId alone');
    const { taskId } = structuredContent as { taskId: string };
    expect(structuredContent).toMatchObject({ state: 'working', taskId });
    await gateway.admin.call('PUT', `/v1/gateways/${id}`, { timeoutMs: null });
    const later = call('new', { taskId });
    await expect.poll(() => namesOf('new')).toContain('SubscribeToTask');
    agent('new').cancel(taskId.slice(0, taskId.lastIndexOf('.')));
    expect(await later).toMatchObject({ isError: true, structuredContent: { state: 'canceled', taskId } });
  });

  describe('a question of an agent', () => {
    it('a question is told with the place to answer it when the client cannot be asked', async () => {
      for (const name of ['new', 'old']) {
        const asked = await call(name, { message: 'ask' });
        expect(asked).toMatchObject({
          isError: false,
          structuredContent: { state: 'input-required', text: 'Which size?' },
        });
        const { taskId, contextId } = asked.structuredContent ?? {};
        const answered = await call(name, { message: 'large', taskId, contextId });
        expect(answered.structuredContent).toMatchObject({ state: 'completed', text: 'You said: large', taskId });
      }
    });

    it.each([
      ['modern', 'new'],
      ['modern', 'old'],
      ['legacy', 'new'],
      ['legacy', 'old'],
    ] as const)(
      'a question becomes an elicitation, and its answer the next message: %s client, %s agent',
      async (era, name) => {
        const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
        const asking = new Client(
          { name: 'asks', version: '1' },
          { versionNegotiation: { mode } as never, capabilities: { elicitation: { form: {} } } },
        );
        const questions: string[] = [];
        asking.setRequestHandler('elicitation/create', async ({ params }) => {
          questions.push(params.message);
          return { action: 'accept', content: { answer: 'medium' } };
        });
        const requestInit = { headers: { authorization: `Bearer ${gateway.adminToken}` } };
        await asking.connect(new StreamableHTTPClientTransport(new URL('/mcp', gateway.url), { requestInit }));
        const { structuredContent } = await call(name, { message: 'ask' }, asking);
        expect(structuredContent).toMatchObject({ state: 'completed', text: 'You said: medium' });
        expect(questions).toEqual(['Which size?']);
        await asking.close();
      },
    );

    it('a question that the user declines leaves the task where it is', async () => {
      const asking = new Client(
        { name: 'declines', version: '1' },
        { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { form: {} } } },
      );
      asking.setRequestHandler('elicitation/create', async () => ({ action: 'decline' }));
      const requestInit = { headers: { authorization: `Bearer ${gateway.adminToken}` } };
      await asking.connect(new StreamableHTTPClientTransport(new URL('/mcp', gateway.url), { requestInit }));
      const { content, structuredContent } = await call('new', { message: 'ask' }, asking);
      expect(content[0]?.text).toContain('did not answer');
      expect(structuredContent).toMatchObject({ state: 'input-required', text: 'Which size?' });
      expect(agent('new').received).toHaveLength(1);
      await asking.close();
    });
  });

  it('the routes of the reference register, show, change, switch, ask and remove agents', async () => {
    const { url } = agent('plain');
    const body = { agent: { name: 'Rest baker', endpoint_url: `${url}/a2a`, agent_type: 'jsonrpc', tags: ['food'] } };
    const made = await gateway.admin.call<{ id: string }>('POST', '/a2a', body);
    expect(made).toMatchObject({
      name: 'Rest baker',
      slug: 'rest-baker',
      endpointUrl: `${url}/a2a`,
      protocolVersion: '1.0',
      capabilities: { streaming: false },
    });
    const { id } = made;
    const listed = await gateway.admin.call<{ name: string }[]>('GET', '/a2a?tags=food');
    expect(listed.map(({ name }) => name)).toEqual(['Rest baker']);
    expect(await gateway.admin.call('PUT', `/a2a/${id}`, { description: 'bakes' })).toMatchObject({
      description: 'bakes',
    });
    expect(await gateway.admin.call('GET', `/v1/a2a/${id}`)).toMatchObject({ description: 'bakes', enabled: true });
    const invoked = { parameters: { query: 'bake a loaf' }, interaction_type: 'query' };
    expect(await gateway.admin.call('POST', '/a2a/rest-baker/invoke', invoked)).toMatchObject({
      structuredContent: { state: 'completed', text: 'bake a loaf' },
    });
    const state = await gateway.admin.call('POST', `/a2a/${id}/state?activate=false`);
    expect(state).toMatchObject({ status: 'success', agent: { enabled: false } });
    await expect(gateway.admin.call('POST', '/a2a/rest-baker/invoke', invoked)).rejects.toThrow(/404/);
    await gateway.admin.call('POST', `/a2a/${id}/toggle?activate=true`);
    await gateway.admin.call('DELETE', `/a2a/${id}`);
    await expect(gateway.admin.call('GET', `/a2a/${id}`)).rejects.toThrow(/404/);
    const unsupported = { name: 'Other', endpoint_url: url, agent_type: 'openai' };
    await expect(gateway.admin.call('POST', '/a2a', unsupported)).rejects.toThrow(/agent_?[tT]ype/);
  });

  it('an agent without a card is spoken to where it is named', async () => {
    const { url } = agent('bare');
    const body = { name: 'Cardless', endpoint_url: `${url}/a2a`, protocol_version: '0.3', description: 'Has none' };
    const made = await gateway.admin.call<{ id: string }>('POST', '/a2a', body);
    expect(made).toMatchObject({ protocolVersion: '0.3' });
    expect(await call('cardless', { message: 'hello' })).toMatchObject({ structuredContent: { text: 'hello' } });
    await gateway.admin.call('DELETE', `/a2a/${made.id}`);
    const refused = { name: 'Nowhere', transport: 'A2A' as const, url: `${gateway.url}/nothing` };
    await expect(gateway.admin.register(refused)).rejects.toThrow(/no agent card/);
  });

  it('a card that leads to another origin is refused until the endpoint is named', async () => {
    const { url } = agent('new');
    const elsewhere = url.replace('127.0.0.1', 'localhost');
    const body = { name: 'Elsewhere', transport: 'A2A' as const, url: elsewhere };
    await expect(gateway.admin.register(body)).rejects.toThrow(/leads to another origin/);
    const registered = await gateway.admin.register({ ...body, a2a: { endpoint: `${url}/a2a` } });
    expect(registered).toMatchObject({ agent: { url: `${url}/a2a`, version: '1.0' } });
    expect(await call('elsewhere', { message: 'hello' })).toMatchObject({ isError: false });
  });
});
