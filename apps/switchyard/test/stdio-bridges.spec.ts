import { type ChildProcess, spawn } from 'node:child_process';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttpTransport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdioTransport } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startConformanceFixture } from '#libs/testing';
import { ROOT, pause, processesAt } from './gateway-process.js';

const START = join(ROOT, 'scripts', 'start.mjs');
const EVERYTHING = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const serve = async (handler: Handler): Promise<string> => {
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return handler(request, response, '');
    let body = '';
    for await (const chunk of request) body += chunk;
    handler(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe('switchyard connect', () => {
  const command = (url: string) => ({ command: process.execPath, args: [START, 'connect', url] });
  const env = (more: Record<string, string> = {}) => ({ PATH: process.env['PATH'] ?? '', ...more });

  const connect = async (url: string, capabilities = {}, more = {}): Promise<Client> => {
    const client = new Client({ name: 'v1', version: '1' }, { capabilities });
    closers.push(() => client.close());
    await client.connect(new StdioClientTransport({ ...command(url), env: env(more) }));
    return client;
  };

  const fixture = async (era: 'both' | 'legacy' | 'modern') => {
    const started = await startConformanceFixture({ era });
    closers.push(() => started.stop());
    return started;
  };

  it('switchyard connect carries a session: calls, progress, asks, and what the server says by itself', async () => {
    const server = await fixture('legacy');
    const client = await connect(server.url, { sampling: {}, elicitation: {} });
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      role: 'assistant',
      model: 'm',
      content: { type: 'text', text: 'sampled' },
    }));
    client.setRequestHandler(ElicitRequestSchema, async () => ({
      action: 'accept',
      content: { response: 'elicited' },
    }));
    const changed = vi.fn();
    client.setNotificationHandler(ToolListChangedNotificationSchema, changed);
    const onprogress = vi.fn();

    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    await client.callTool({ name: 'test_tool_with_progress' }, undefined, { onprogress });
    expect(onprogress).toHaveBeenCalledTimes(3);
    const sampled = await client.callTool({ name: 'test_sampling', arguments: { prompt: 'p' } });
    expect(JSON.stringify(sampled.content)).toContain('sampled');
    await vi.waitFor(async () => {
      server.changeTools();
      await pause(100);
      expect(changed).toHaveBeenCalled();
    });
  });

  it('switchyard connect carries requests with an envelope, and mirrors what the server wants in headers', async () => {
    const server = await fixture('modern');
    const client = new ModernClient(
      { name: 'v2', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    closers.push(() => client.close());
    await client.connect(new ModernStdioTransport({ ...command(server.url), env: env() }));

    // Not listed yet: the relay has to find out for itself.
    const mirrored = await client.callTool({ name: 'test_x_mcp_header', arguments: { region: 'Zürich' } });

    expect(mirrored.isError).toBeFalsy();
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
  });

  it('switchyard connect speaks HTTP+SSE to a server that knows nothing else', async () => {
    const transports = new Map<string, SSEServerTransport>();
    const url = await serve((request, response, body) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      const known = transports.get(searchParams.get('sessionId') ?? '');
      if (known !== undefined) return void known.handlePostMessage(request, response, JSON.parse(body));
      if (pathname !== '/sse') return void response.writeHead(404).end();
      const refusal = '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Method not allowed"}}';
      if (request.method !== 'GET')
        return void response.writeHead(405, { 'content-type': 'application/json' }).end(refusal);
      const transport = new SSEServerTransport('/post', response);
      transports.set(transport.sessionId, transport);
      const server = new McpServer({ name: 'old', version: '1' });
      server.registerTool('hello', {}, async () => ({ content: [{ type: 'text', text: 'from 2024' }] }));
      void server.connect(transport);
    });
    const client = await connect(`${url}/sse`);
    expect((await client.callTool({ name: 'hello' })).content).toEqual([{ type: 'text', text: 'from 2024' }]);
  });

  it('switchyard connect brings its token, and opens anew a session that the server has lost', async () => {
    const seen: string[] = [];
    let sessions = 0;
    const url = await serve((request, response, body) => {
      const { authorization, 'mcp-session-id': session } = request.headers;
      if (authorization !== 'Bearer secret-token') return void response.writeHead(401).end();
      if (request.method !== 'POST') return void response.writeHead(request.method === 'GET' ? 405 : 204).end();
      const { id, method } = JSON.parse(body);
      seen.push(`${method} ${String(session)}`);
      if (id === undefined) return void response.writeHead(202).end();
      const answer = (result: unknown, headers = {}) =>
        void response
          .writeHead(200, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      if (method === 'initialize') {
        const result = {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {} },
          serverInfo: { name: 's', version: '1' },
        };
        return answer(result, { 'mcp-session-id': `s${++sessions}` });
      }
      if (session === 's1') return void response.writeHead(404).end();
      return answer({ tools: [] });
    });
    const client = await connect(`${url}/mcp`, {}, { SWITCHYARD_TOKEN: 'secret-token' });

    expect((await client.listTools()).tools).toEqual([]);

    expect(seen).toEqual([
      'initialize undefined',
      'notifications/initialized s1',
      'tools/list s1',
      'initialize undefined',
      'notifications/initialized s2',
      'tools/list s2',
    ]);
  });

  const run = (args: string[], input: string) => {
    const child = spawn(process.execPath, [START, 'connect', ...args], { env: env() });
    let stdout = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stdin.end(input);
    return new Promise<{ code: number | null; stdout: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, stdout })),
    );
  };

  it('switchyard connect says nothing but MCP on stdout, answers what cannot be delivered, and ends with its input', async () => {
    const url = await serve((_, response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('<p>'));
    const { code, stdout } = await run([url], '{"jsonrpc":"2.0","id":7,"method":"ping"}\nnonsense\n');
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual([
      { jsonrpc: '2.0', id: 7, error: { code: -32603, message: 'The server answered with status 500' } },
    ]);
    expect(code).toBe(0);
  });

  it('switchyard connect goes on with a stream that broke off', async () => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 's' });
      if (request.method === 'POST') return void response.end('retry: 10\nid: e1\ndata: \n\n');
      const resumed = request.headers['last-event-id'] === 'e1';
      response.end(resumed ? 'id: e2\ndata: {"jsonrpc":"2.0","id":1,"result":{"late":true}}\n\n' : '');
    });
    const { stdout } = await run([url], '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}\n');
    expect(stdout).toBe('{"jsonrpc":"2.0","id":1,"result":{"late":true}}\n');
  });

  it('switchyard connect comes back to a stream for as often as the server says when', async () => {
    let gets = 0;
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 's' });
      const answers = request.headers['last-event-id'] === 'e1' && ++gets > 7;
      response.end(answers ? 'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n' : 'retry: 10\nid: e1\ndata: \n\n');
    });
    const { stdout } = await run([url], '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}\n');
    expect(stdout).toBe('{"jsonrpc":"2.0","id":1,"result":{}}\n');
  });

  it('switchyard connect keeps every character of a message', async () => {
    const url = await serve((_, response, body) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"jsonrpc":"2.0","id":1,\n"result":{"echo":${JSON.stringify(body)},"n":12345678901234567890}}`);
    });
    const line = '{"jsonrpc":"2.0","id":1,"method":"x","params":{"text":"a\u2028b\u2029c é 🚋","n":1.0}}';
    const { stdout } = await run([url], `${line}\n`);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stdout).toContain('12345678901234567890');
    expect(JSON.parse(stdout).result.echo).toBe(line);
  });

  it('switchyard connect needs a URL', async () => {
    expect((await run(['not-a-url'], '')).code).toBe(2);
    expect((await run([], '')).code).toBe(2);
  });
});

describe('switchyard expose', () => {
  const start = async (
    ...args: string[]
  ): Promise<{ url: string; child: ChildProcess; stop: () => Promise<number | null> }> => {
    const child = spawn(process.execPath, [START, 'expose', '--port', '0', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    };
    closers.push(stop);
    const url = await vi.waitFor(
      () => {
        const match = /exposed at (http\S+)/.exec(said);
        if (match?.[1] === undefined) throw new Error(said);
        return match[1];
      },
      { interval: 50 },
    );
    return { url, child, stop };
  };

  const connect = async (url: string, capabilities = {}, headers = {}) => {
    const client = new Client({ name: 'v1', version: '1' }, { capabilities });
    const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
    closers.push(() => client.close());
    await client.connect(transport);
    return { client, transport };
  };

  // An argument that no other process has, to find the programs again.
  const marked = () => `--marker-${Math.random().toString(36).slice(2)}`;

  it('switchyard expose gives each session a program of its own, and ends it with the session', async () => {
    const marker = marked();
    const { url, stop } = await start('--', process.execPath, EVERYTHING, 'stdio', marker);
    const programs = () => processesAt(marker).filter((line) => !line.includes('expose'));
    const ann = await connect(url, { sampling: {} });
    const bob = await connect(url);
    ann.client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      role: 'assistant',
      model: 'm',
      content: { type: 'text', text: 'sampled' },
    }));
    expect(programs()).toHaveLength(2);
    const onprogress = vi.fn();

    const [echoed, long] = await Promise.all([
      bob.client.callTool({ name: 'echo', arguments: { message: 'hi' } }),
      ann.client.callTool({ name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 2 } }, undefined, {
        onprogress,
      }),
    ]);
    expect(JSON.stringify(echoed.content)).toContain('hi');
    expect(JSON.stringify(long.content)).toContain('completed');
    expect(onprogress).toHaveBeenCalledTimes(2);
    const sampling = await ann.client.callTool({
      name: 'trigger-sampling-request',
      arguments: { prompt: 'p', maxTokens: 5 },
    });
    expect(JSON.stringify(sampling.content)).toContain('sampled');

    await ann.transport.terminateSession();
    await vi.waitFor(() => expect(programs()).toHaveLength(1));
    await expect(ann.client.listTools()).rejects.toThrow();
    expect((await bob.client.listTools()).tools.length).toBeGreaterThan(5);
    expect(await stop()).toBe(0);
    expect(programs()).toEqual([]);
  });

  it('switchyard expose answers what a program that dies had in hand', async () => {
    const dying = "process.stdin.once('data', () => process.exit(3))";
    const { url } = await start('--', process.execPath, '-e', dying);
    await expect(connect(url)).rejects.toThrow('it ended with code 3');
    const missing = await start('--', '/no/such/program');
    await expect(connect(missing.url)).rejects.toThrow('cannot be started');
  });

  it('switchyard expose shares one program among those without sessions, each with ids and tokens of its own', async () => {
    const program = `
      import { McpServer, fromJsonSchema } from '@modelcontextprotocol/server';
      import { serveStdio } from '@modelcontextprotocol/server/stdio';
      serveStdio(() => {
        const server = new McpServer({ name: 'modern', version: '1' });
        const inputSchema = fromJsonSchema({ type: 'object', properties: { text: { type: 'string' } } });
        server.registerTool('say', { inputSchema }, async ({ text }, { mcpReq }) => {
          const progressToken = mcpReq._meta?.progressToken;
          if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } });
          await new Promise((resolve) => setTimeout(resolve, 100));
          return { content: [{ type: 'text', text: text + ' by ' + process.pid }] };
        });
        return server;
      });`;
    const { url } = await start('--', process.execPath, '--input-type=module', '-e', program);
    const clients = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const client = new ModernClient(
          { name, version: '1' },
          { versionNegotiation: { mode: { pin: '2026-07-28' } } },
        );
        closers.push(() => client.close());
        await client.connect(new ModernHttpTransport(new URL(url)));
        return client;
      }),
    );
    const heard: string[] = [];
    const texts = await Promise.all(
      clients.map(async (client, at) => {
        const onprogress = (): void => void heard.push(`client ${at}`);
        const { content } = await client.callTool({ name: 'say', arguments: { text: `client ${at}` } }, { onprogress });
        const [part] = content;
        return part?.type === 'text' ? part.text : '';
      }),
    );
    expect(texts.map((text) => text.split(' by ')[0])).toEqual(['client 0', 'client 1']);
    expect(new Set(texts.map((text) => text.split(' by ')[1])).size).toBe(1);
    expect(heard.sort((a, b) => a.localeCompare(b))).toEqual(['client 0', 'client 1']);
  });

  it('switchyard expose refuses foreign pages and hosts, strangers, unknown paths and sessions', async () => {
    const { url } = await start('--token', 'secret', '--', process.execPath, EVERYTHING, 'stdio');
    const headers = {
      authorization: 'Bearer secret',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    const statusOf = async (more: Record<string, string>, at = url) =>
      (await fetch(at, { method: 'POST', headers: { ...headers, ...more }, body })).status;
    expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf({ authorization: 'Bearer other' })).toBe(401);
    expect(await statusOf({}, url.replace('/mcp', '/other'))).toBe(404);
    expect(await statusOf({})).toBe(400);
    expect(await statusOf({ 'mcp-session-id': 'nobody' })).toBe(404);
    expect(await statusOf({ 'content-type': 'text/plain' })).toBe(415);
    expect(
      (await (await connect(url, {}, { authorization: 'Bearer secret' })).client.listTools()).tools.length,
    ).toBeGreaterThan(5);
  });

  it('switchyard expose listens beyond this machine only with a token', async () => {
    const child = spawn(process.execPath, [START, 'expose', '--host', '0.0.0.0', '--', 'true'], {
      env: { PATH: process.env['PATH'] },
    });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2);
    expect(said).toContain('--token');
  });
});
