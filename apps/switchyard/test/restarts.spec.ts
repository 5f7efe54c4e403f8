import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type AskingUpstream, type Gateway, startAskingUpstream, startGateway } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let gateway: Gateway;
let upstream: AskingUpstream;
let remembering: AskingUpstream;
let path: string;
let keptPath: string;

beforeAll(async () => {
  upstream = await startAskingUpstream({ era: 'legacy' });
  remembering = await startAskingUpstream({ era: 'legacy' });
  gateway = await startGateway({ mode: 'embedded', env: { REQUIRE_USER_IN_DB: 'false' } });
  const plain = await gateway.admin.register({ name: 'plain', url: upstream.url });
  path = `/servers/${(await gateway.admin.createServer('plain', [plain])).id}/mcp`;
  const kept = await gateway.admin.register({ name: 'kept', url: remembering.url, sessionScope: 'client' });
  keptPath = `/servers/${(await gateway.admin.createServer('kept', [kept])).id}/mcp`;
});
afterAll(async () => {
  await gateway?.stop();
  await upstream?.stop();
  await remembering?.stop();
});

const requestInit = (token = gateway.adminToken) => ({ headers: { authorization: `Bearer ${token}` } });

const connect = async (at = path): Promise<{ client: Client; sessionId: string }> => {
  const client = new Client({ name: 'v1', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { answer: 'still here' } }));
  const transport = new StreamableHTTPClientTransport(new URL(gateway.url + at), { requestInit: requestInit() });
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return { client, sessionId: transport.sessionId ?? '' };
};

const ask = async (sessionId: string, at = path, token = gateway.adminToken): Promise<number> => {
  const answer = await fetch(gateway.url + at, {
    method: 'POST',
    headers: {
      ...requestInit(token).headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': sessionId,
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  await answer.body?.cancel();
  return answer.status;
};

const restart = async (): Promise<void> => {
  await gateway.kill('switchyard');
  await gateway.restart('switchyard');
};

describe('a gateway of one process', () => {
  it('sessions go on when the gateway was killed and started again', async () => {
    const { client } = await connect();
    const modern = new ModernClient({ name: 'v2', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    await modern.connect(new ModernTransport(new URL(gateway.url + path), { requestInit: requestInit() }));
    const names = (await client.listTools()).tools.map(({ name }) => name);

    await restart();

    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(names);
    expect((await modern.listTools()).tools.map(({ name }) => name)).toEqual(names);
    const tool = names.find((name) => name.endsWith('ask')) ?? '';
    const { content } = await client.callTool({ name: tool, arguments: { canary: 'c' } });
    // What the client declared once is remembered too: it is asked.
    expect(JSON.stringify(content)).toContain('still here');
    await client.close();
    await modern.close();
  });

  it('a session is unknown after a restart when it was ended, is another caller’s or was never there', async () => {
    const ended = await connect();
    const transport = ended.client.transport as unknown as StreamableHTTPClientTransport;
    await transport.terminateSession();
    const { client, sessionId } = await connect();
    const stranger = await gateway.tokenFor({ email: 'stranger@example.com' });

    await restart();

    expect(await ask(sessionId)).toBe(200);
    expect(await ask(ended.sessionId)).toBe(404);
    expect(await ask(sessionId, keptPath)).toBe(404);
    expect(await ask(sessionId, '/mcp', stranger)).toBe(404);
    expect(await ask('x'.repeat(43))).toBe(404);
    await client.close();
    await ended.client.close();
  });

  it('a session ends with the restart when an upstream remembered something for it', async () => {
    const { client } = await connect(keptPath);
    const tool = (await client.listTools()).tools.find(({ name }) => name.endsWith('count'))?.name ?? '';
    await client.callTool({ name: tool, arguments: {} });

    await restart();

    await expect(client.callTool({ name: tool, arguments: {} })).rejects.toThrow(/lost|ended|404/);
    await client.close();
  });
});
