import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import { CatalogChanged } from '#libs/contracts';
import { Rig, catalogOf, tool } from './rig.js';

let rig: Rig;
let url: URL;

beforeEach(async () => {
  rig = new Rig({ LIST_PAGE_SIZE: '2' });
  rig.catalogs.set(null, catalogOf({ tools: ['a', 'b', 'c', 'd', 'e'].map((name) => tool(name)) }));
  url = new URL(`${await rig.start()}/mcp`);
});
afterEach(() => rig.stop());

const ask = async (_: unknown, { body }: { body: string | undefined }) => {
  if (body?.includes('inputResponses'))
    return new WithBody({ kind: 'result' as const }, JSON.stringify({ content: [{ type: 'text', text: body }] }));
  const requestedSchema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
  const inputRequests = { who: { method: 'elicitation/create', params: { message: 'Who?', requestedSchema } } };
  return new WithBody({ kind: 'input-required' as const }, JSON.stringify({ inputRequests, requestState: 's' }));
};
const ANN = { action: 'accept' as const, content: { name: 'Ann' } };

describe('the official SDK, version 1', () => {
  const connect = async (capabilities = {}): Promise<Client> => {
    const client = new Client({ name: 'v1', version: '1' }, { capabilities });
    await client.connect(new StreamableHTTPClientTransport(url));
    return client;
  };

  it('the SDK of version 1 lists page by page, calls, reads, gets, completes and leaves', async () => {
    const client = await connect();
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools({ cursor });
      names.push(...page.tools.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect((await client.callTool({ name: 'c', arguments: { x: 1 } })).content).toEqual([
      { type: 'text', text: 'up_c {"name":"up_c","arguments":{"x":1}}' },
    ]);
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(1);
    rig.execute = async ({ method, target }) => {
      if (method === 'resources/read')
        return new WithBody({ kind: 'result' }, JSON.stringify({ contents: [{ uri: target, text: 't' }] }));
      if (method === 'prompts/get') return new WithBody({ kind: 'result' }, '{"messages":[]}');
      return new WithBody({ kind: 'result' }, '{"completion":{"values":["one"]}}');
    };
    expect((await client.readResource({ uri: 'item://7/data' })).contents).toEqual([
      { uri: 'item://7/data', text: 't' },
    ]);
    expect((await client.getPrompt({ name: 'greet' })).messages).toEqual([]);
    const completion = await client.complete({
      ref: { type: 'ref/prompt', name: 'greet' },
      argument: { name: 'a', value: 'o' },
    });
    expect(completion.completion.values).toEqual(['one']);
    expect(JSON.parse(rig.calls.at(-1)?.body ?? '')).toMatchObject({ ref: { type: 'ref/prompt', name: 'up_greet' } });
    await client.setLoggingLevel('debug');
    await client.close();
  });

  it('the SDK of version 1 gets progress, is elicited and sampled', async () => {
    const client = await connect({ elicitation: {}, sampling: {} });
    client.setRequestHandler(ElicitRequestSchema, async () => ANN);
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      role: 'assistant',
      model: 'm',
      content: { type: 'text', text: 'hi' },
    }));
    rig.execute = async (call, context) => {
      await context.send({ kind: 'progress', progress: 1, total: 2 });
      return ask(call, context);
    };
    const onprogress = vi.fn();
    const { content } = await client.callTool({ name: 'a', arguments: {} }, undefined, { onprogress });
    expect(content).toEqual([
      {
        type: 'text',
        text: '{"name":"up_a","arguments":{},"inputResponses":{"who":{"action":"accept","content":{"name":"Ann"}}},"requestState":"s"}',
      },
    ]);
    expect(onprogress).toHaveBeenCalledWith({ progress: 1, total: 2 });
    await client.close();
  });

  it('the SDK of version 1 is notified when a list has changed', async () => {
    const client = await connect();
    const heard = vi.fn();
    client.setNotificationHandler(ToolListChangedNotificationSchema, heard);
    await vi.waitFor(
      () => {
        rig.catalogs.set(null, catalogOf({ tools: [tool(`t${Math.random()}`)] }));
        rig.registry.publish(CatalogChanged, { revision: 9, lists: ['tools'], serverIds: [], upstreamIds: [] });
        expect(heard).toHaveBeenCalled();
      },
      { interval: 300 },
    );
    await client.close();
  });
});

describe.each([
  ['pinned to 2026-07-28', { pin: '2026-07-28' }],
  ['in automatic mode', 'auto'],
] as const)('the official SDK, version 2, %s', (_, mode) => {
  const connect = async (capabilities = {}): Promise<ModernClient> => {
    const client = new ModernClient({ name: 'v2', version: '1' }, { capabilities, versionNegotiation: { mode } });
    await client.connect(new ModernTransport(url));
    return client;
  };

  it('the SDK of version 2 lists and calls', async () => {
    const client = await connect();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const { content } = await client.callTool({ name: 'e', arguments: { x: 1 } });
    expect(content).toEqual([{ type: 'text', text: 'up_e {"name":"up_e","arguments":{"x":1}}' }]);
    expect(rig.calls[0]?.call.client.revision).toBe('2026-07-28');
    await client.close();
  });

  it('the SDK of version 2 is elicited by an answer', async () => {
    const client = await connect({ elicitation: { form: {} } });
    client.setRequestHandler('elicitation/create', async () => ANN);
    rig.execute = ask;
    const { content } = await client.callTool({ name: 'a', arguments: {} });
    expect(JSON.parse((content as { text: string }[])[0]?.text ?? '')).toMatchObject({
      inputResponses: { who: ANN },
      requestState: 's',
    });
    await client.close();
  });
});

it('the official SDK, version 2, in its legacy mode, lists and calls', async () => {
  const client = new ModernClient({ name: 'v2', version: '1' });
  await client.connect(new ModernTransport(url));
  expect((await client.listTools()).tools).toHaveLength(5);
  expect((await client.callTool({ name: 'b', arguments: {} })).content).toHaveLength(1);
  expect(rig.calls[0]?.call.client.revision).toBe('2025-11-25');
  await client.close();
});
