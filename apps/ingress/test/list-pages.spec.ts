import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { CatalogTool } from '#libs/contracts';
import { Rig, catalogOf, modern, modernHeaders, openSession, post, tool } from './rig.js';

let rig: Rig;
let url: string;
afterEach(() => rig.stop());

const start = async (tools: readonly CatalogTool[], env: Record<string, string> = {}): Promise<void> => {
  rig = new Rig(env);
  rig.catalogs.set(null, catalogOf({ tools }));
  url = await rig.start();
};
const toolsOf = (count: number, descriptionLength = 0): CatalogTool[] =>
  Array.from({ length: count }, (_, at) => tool(`t${at}`, { description: 'x'.repeat(descriptionLength) }));

type Page = { readonly names: string[]; readonly nextCursor: string | undefined; readonly text: string };

const listModern = async (cursor?: string): Promise<Page> => {
  const params = cursor === undefined ? {} : { cursor };
  return pageOf(await post(`${url}/mcp`, modern('tools/list', params), modernHeaders('tools/list')));
};
const listLegacy = async (cursor?: string): Promise<Page> => {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: cursor === undefined ? {} : { cursor } };
  return pageOf(await post(`${url}/mcp`, body, await openSession(`${url}/mcp`)));
};
const pageOf = ({ json, text }: Awaited<ReturnType<typeof post>>): Page => {
  const { tools, nextCursor } = json.result as { tools: { name: string }[]; nextCursor?: string };
  return { names: tools.map(({ name }) => name), nextCursor, text };
};

/** The first page alone, as clients take it that know of no other. */
const connectors = {
  'SDK 1 over Streamable HTTP': async () => {
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
    return client;
  },
  'SDK 1 over HTTP+SSE': async () => {
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new SSEClientTransport(new URL(`${url}/sse`)));
    return client;
  },
  'SDK 1 over a WebSocket': async () => {
    const client = new Client({ name: 'v1', version: '1' });
    await client.connect(new WebSocketClientTransport(new URL(`${url.replace('http', 'ws')}/ws`)));
    return client;
  },
  'SDK 2 in 2026-07-28': async () => {
    const client = new ModernClient(
      { name: 'v2', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new ModernTransport(new URL(`${url}/mcp`)));
    return client;
  },
};

describe('a list', () => {
  it('a list of 5,000 entries is one page', async () => {
    await start(toolsOf(5_000));
    for (const list of [listModern, listLegacy]) {
      const { names, nextCursor } = await list();
      expect([names.length, nextCursor]).toEqual([5_000, undefined]);
    }
  });

  it('a list goes on with a cursor when it is longer than 5,000 entries', async () => {
    await start(toolsOf(5_001));
    for (const list of [listModern, listLegacy]) {
      const { names, nextCursor } = await list();
      expect(names).toHaveLength(5_000);
      expect(nextCursor).toEqual(expect.any(String));
      const rest = await list(nextCursor);
      expect([rest.names, rest.nextCursor]).toEqual([['t5000'], undefined]);
    }
  });

  it('a list goes on with a cursor when its definitions take more than 8 MB', async () => {
    await start(toolsOf(1_000, 10_000));
    const first = await listModern();
    expect(Buffer.byteLength(first.text)).toBeGreaterThan(7_900_000);
    expect(Buffer.byteLength(first.text)).toBeLessThan(8_010_000);
    const rest = await listModern(first.nextCursor);
    expect(rest.nextCursor).toBeUndefined();
    expect([...first.names, ...rest.names]).toEqual(toolsOf(1_000).map(({ name }) => name));
  });

  it('a list has an entry on each page also when every one is longer than LIST_PAGE_BYTES', async () => {
    await start(toolsOf(3, 3_000), { LIST_PAGE_BYTES: '1024' });
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listLegacy(cursor);
      expect(page.names).toHaveLength(1);
      names.push(...page.names);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(names).toEqual(['t0', 't1', 't2']);
  });

  it('a list counts bytes, not characters, against LIST_PAGE_BYTES', async () => {
    const tools = ['a', 'b'].map((name) => tool(name, { description: '€'.repeat(600) }));
    await start(tools, { LIST_PAGE_BYTES: '3000' });
    expect((await listModern()).names).toEqual(['a']);
  });

  it.each(Object.entries(connectors))(
    'a list of 7.8 MB reaches a client whole beside three other requests: %s',
    async (_name, connect) => {
      await start(toolsOf(780, 10_000), { SSE_KEEPALIVE_INTERVAL: '1' });
      const client = await connect();
      const [tools, prompts, resources, templates] = await Promise.all([
        client.listTools(),
        client.listPrompts(),
        client.listResources(),
        client.listResourceTemplates(),
      ]);
      expect(tools.tools).toHaveLength(780);
      expect([prompts.prompts, resources.resources, templates.resourceTemplates].map((list) => list.length)).toEqual([
        1, 1, 1,
      ]);
      expect((await client.listTools()).tools).toHaveLength(780);
      await client.close();
    },
  );
});
