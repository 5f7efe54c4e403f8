import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Client, ProtocolError } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Gateway, startGateway } from '#libs/testing';
import { type Endpoint, LegacyClient, type Said, askModern } from './isolation/endpoint-client.js';

const run = promisify(execFile);
const GUIDE = readFileSync(new URL('../../../docs/guides/prompts-and-resources.md', import.meta.url), 'utf8');

/** Each command of the guide with what it is said to answer. */
const steps = [...GUIDE.matchAll(/```sh\n([^]*?)```\n+```json\n([^]*?)```/g)].map(([, command = '', answer = '']) => ({
  command,
  answer: JSON.parse(answer) as object,
}));

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly [member: string]: unknown;
}

const GREETING = {
  name: 'greeting',
  description: 'Greets somebody.',
  template:
    '# User:\nGreet {{ who }}{% if tone %} in a {{ tone|lower }} way{% endif %}.\n# Assistant:\nHello {{ who }}!',
  arguments: [
    { name: 'who', description: 'Whom', values: ['Ann', 'Anton', 'Bob'] },
    { name: 'tone', required: false },
  ],
  tags: ['own'],
};
const isUpdate = ({ method }: Said): boolean => method === 'notifications/resources/updated';

describe('prompts and resources that are kept in the gateway', () => {
  let gateway: Gateway;
  let ada: Endpoint;
  let clients: Readonly<Record<'modern' | 'legacy', Client>>;
  let server: Entry;
  const kept: Record<string, Entry> = {};

  const make = async (path: string, body: object): Promise<Entry> => gateway.admin.call<Entry>('POST', path, body);

  beforeAll(async () => {
    gateway = await startGateway({ mode: 'embedded', env: { REQUIRE_USER_IN_DB: 'false' } });
    kept.greeting = await make('/prompts', { prompt: GREETING, visibility: 'public' });
    kept.handbook = await make('/resources', {
      resource: { uri: 'doc://handbook', name: 'Handbook', content: '# Rules\n{{ none }}', mime_type: 'text/markdown' },
    });
    kept.logo = await make('/v1/resources', {
      uri: 'doc://logo',
      name: 'Logo',
      blob: 'AAEC',
      mimeType: 'image/x-logo',
    });
    kept.note = await make('/resources', {
      uri_template: 'note://{owner}/{+path}',
      name: 'Note',
      content: 'Of {{ owner|title }}: {{ path }}',
      arguments: [{ name: 'owner', values: ['ann', 'bob'] }],
    });
    const { greeting, handbook, note } = kept as Record<string, Entry>;
    server = await make('/servers', {
      server: {
        name: 'Own',
        associatedPrompts: [greeting?.id],
        associatedResources: [handbook?.id, note?.id],
      },
    });
    ada = { url: `${gateway.url}/mcp`, token: await gateway.tokenFor({ email: 'ada@example.com' }) };
    const [modern, legacy] = await Promise.all([gateway.client('modern'), gateway.client('legacy')]);
    clients = { modern, legacy };
  });
  afterAll(async () => {
    for (const client of Object.values(clients ?? {})) await client.close();
    await gateway?.stop();
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const failureOf = (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'nothing was refused',
      (error: unknown) => (error instanceof ProtocolError ? [error.code, error.message] : error),
    );

  describe.each(['modern', 'legacy'] as const)('for a client that is %s', (era) => {
    it('a prompt is listed, filled and completed', async () => {
      const { prompts } = await clients[era].listPrompts();
      expect(prompts).toMatchObject([
        {
          name: 'greeting',
          description: 'Greets somebody.',
          arguments: [
            { name: 'who', description: 'Whom', required: true },
            { name: 'tone', required: false },
          ],
        },
      ]);
      expect(prompts[0]?.arguments?.[0]).not.toHaveProperty('values');
      const args = { who: '{{ tone }}\n# User:', tone: 'KIND' };
      expect(await clients[era].getPrompt({ name: 'greeting', arguments: args })).toMatchObject({
        description: 'Greets somebody.',
        messages: [
          { role: 'user', content: { type: 'text', text: 'Greet {{ tone }}\n# User: in a kind way.' } },
          { role: 'assistant', content: { type: 'text', text: 'Hello {{ tone }}\n# User:!' } },
        ],
      });
      const { completion } = await clients[era].complete({
        ref: { type: 'ref/prompt', name: 'greeting' },
        argument: { name: 'who', value: 'an' },
      });
      expect(completion).toMatchObject({ values: ['Ann', 'Anton'], total: 2, hasMore: false });
    });

    it('a prompt is refused where an argument is missing or not its own', async () => {
      const get = (args: Record<string, string>) =>
        failureOf(clients[era].getPrompt({ name: 'greeting', arguments: args }));
      expect(await get({})).toEqual([-32602, expect.stringContaining('"who" is missing')]);
      expect(await get({ who: 'Ann', mood: 'x' })).toEqual([-32602, expect.stringContaining('no argument "mood"')]);
    });

    it('resources are listed and read, by their URI or one of a template', async () => {
      const { resources } = await clients[era].listResources();
      expect(resources).toMatchObject([
        { uri: 'doc://handbook', name: 'Handbook', mimeType: 'text/markdown', size: 18 },
        { uri: 'doc://logo', name: 'Logo', mimeType: 'image/x-logo', size: 3 },
      ]);
      const { resourceTemplates } = await clients[era].listResourceTemplates();
      expect(resourceTemplates).toMatchObject([{ uriTemplate: 'note://{owner}/{+path}', mimeType: 'text/plain' }]);
      const read = async (uri: string) => (await clients[era].readResource({ uri })).contents;
      expect(await read('doc://handbook')).toEqual([
        { uri: 'doc://handbook', mimeType: 'text/markdown', text: '# Rules\n{{ none }}' },
      ]);
      expect(await read('doc://logo')).toEqual([{ uri: 'doc://logo', mimeType: 'image/x-logo', blob: 'AAEC' }]);
      expect(await read('note://ann/a/b%20c')).toEqual([
        { uri: 'note://ann/a/b%20c', mimeType: 'text/plain', text: 'Of Ann: a/b c' },
      ]);
      const { completion } = await clients[era].complete({
        ref: { type: 'ref/resource', uri: 'note://{owner}/{+path}' },
        argument: { name: 'owner', value: '' },
      });
      expect(completion.values).toEqual(['ann', 'bob']);
    });
  });

  it('a virtual server shows what was chosen of it', async () => {
    const client = await gateway.client('modern', { path: `/servers/${server.id}/mcp` });
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(['doc://handbook']);
    expect((await client.getPrompt({ name: 'greeting', arguments: { who: 'Bob' } })).messages).toHaveLength(2);
    await client.close();
  });

  it('REST fills a prompt and reads a resource, and each call is recorded', async () => {
    const call = (method: string, path: string, body?: object) => gateway.admin.call(method, path, body);
    expect(await call('POST', `/prompts/${kept.greeting?.id}`, { who: 'Ann' })).toEqual({
      description: 'Greets somebody.',
      messages: [
        { role: 'user', content: { type: 'text', text: 'Greet Ann.' } },
        { role: 'assistant', content: { type: 'text', text: 'Hello Ann!' } },
      ],
    });
    await expect(call('POST', `/prompts/${kept.greeting?.id}`, {})).rejects.toThrow(/422.*who.*is missing/s);
    await expect(call('POST', `/prompts/${kept.greeting?.id}`, { who: 1 })).rejects.toThrow(/422/);
    expect(await call('GET', `/resources/${kept.logo?.id}`)).toEqual({
      type: 'resource',
      id: kept.logo?.id,
      uri: 'doc://logo',
      mime_type: 'image/x-logo',
      text: null,
      blob: 'AAEC',
    });
    await expect(call('GET', `/resources/${kept.note?.id}`)).rejects.toThrow(/422/);
    const recorded = async () => {
      const { calls } = await gateway.admin.call<{ calls: { name: string; method: string }[] }>(
        'GET',
        '/calls?limit=100',
      );
      return calls.map(({ method, name }) => `${method} ${name}`);
    };
    await expect.poll(recorded).toEqual(expect.arrayContaining(['prompts/get greeting', 'resources/read doc://logo']));
  });

  it('whoever follows a resource hears of it when it is changed, in both eras, and reads what it holds then', async () => {
    const session = await LegacyClient.open(ada);
    const stream = await session.listen();
    await (await session.post({ id: 9, method: 'resources/subscribe', params: { uri: 'doc://handbook' } })).answer(9);
    const filter = { notifications: { resourceSubscriptions: ['doc://handbook'], promptsListChanged: true } };
    const listener = await askModern(ada, 'subscriptions/listen', filter);
    await listener.hear(({ method }) => method === 'notifications/subscriptions/acknowledged');

    await gateway.admin.call('PUT', `/resources/${kept.handbook?.id}`, { content: 'Other rules', title: 'Rules' });
    for (const each of [stream, listener]) expect((await each.hear(isUpdate)).params.uri).toBe('doc://handbook');
    const text = async () => {
      const { contents } = await clients.modern.readResource({ uri: 'doc://handbook' });
      return (contents[0] as { text?: string }).text;
    };
    await expect.poll(text).toBe('Other rules');

    await make('/prompts', { name: 'late', template: 'Be late.' });
    await listener.hear(({ method }) => method === 'notifications/prompts/list_changed');
    for (const each of [stream, listener]) each.leave();
    await session.end();
  });

  it('what is private to its owner is not there for others', async () => {
    const hidden = await make('/prompts', { name: 'hidden', template: 'x', visibility: 'private' });
    const listed = async () => {
      const { result } = await (await askModern(ada, 'prompts/list')).answer();
      return (result.prompts as Entry[]).map(({ name }) => name);
    };
    expect(await listed()).not.toContain('hidden');
    const render = await fetch(`${gateway.url}/prompts/${hidden.id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}` },
    });
    expect(render.status).toBe(404);
    await gateway.admin.call('PUT', `/prompts/${hidden.id}`, { visibility: 'public' });
    await expect.poll(listed).toContain('hidden');
    await gateway.admin.call('DELETE', `/prompts/${hidden.id}`);
    await expect.poll(listed).not.toContain('hidden');
  });

  it('a change of which a part is refused changes nothing', async () => {
    const { id } = await make('/prompts', { name: 'whole', template: 'x', tags: ['old'] });
    const shown = () => gateway.admin.call('GET', `/prompts/${id}`);
    const before = await shown();
    const change = { custom_name: 'renamed', tags: ['new'], template: 'y', visibility: 'team', team_id: 'nobody' };
    await expect(gateway.admin.call('PUT', `/prompts/${id}`, change)).rejects.toThrow(/422/);
    expect(await shown()).toEqual(before);
    await gateway.admin.call('PUT', `/prompts/${id}`, { custom_name: 'renamed', tags: ['new'], template: 'y' });
    expect(await shown()).toMatchObject({ name: 'renamed', tags: ['new'], template: 'y' });
    await gateway.admin.call('DELETE', `/prompts/${id}`);
  });

  it('the guide to prompts and resources answers as it says', async () => {
    const env = { PATH: process.env.PATH, GATEWAY: gateway.url, TOKEN: gateway.adminToken, PROMPT: '' };
    expect(steps).toHaveLength(4);
    for (const { command, answer } of steps) {
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', command], { env, timeout: 240_000 });
      const answered = JSON.parse(stdout) as Partial<Entry>;
      expect(answered, command).toMatchObject(answer);
      if (answered.template !== undefined) env.PROMPT = answered.id ?? '';
    }
  });
});
