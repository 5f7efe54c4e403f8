import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';

type Handler = (req: IncomingMessage, res: ServerResponse, body: unknown) => unknown;

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly requests: { method: string; headers: IncomingMessage['headers']; body: string }[];
  close(): Promise<void>;
}

/** An HTTP server on a free port of the loopback interface that keeps what it was asked. */
export const serve = async (handler: Handler, path = '/mcp'): Promise<TestServer> => {
  const requests: TestServer['requests'] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      requests.push({ method: req.method ?? '', headers: req.headers, body: text });
      let body: unknown;
      try {
        body = text === '' ? undefined : JSON.parse(text);
      } catch {
        body = undefined;
      }
      Promise.resolve(handler(req, res, body)).catch(() => res.destroy());
    });
    req.on('error', () => {});
  });
  // No connection ends for its rest while a caller that stood still is about to use it.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    port,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const schema = (properties: Record<string, unknown>) => fromJsonSchema({ type: 'object', properties } as never);

/** The tools both servers have. */
const sdkServer = (): McpServer => {
  const server = new McpServer(
    { name: 'sdk-fixture', version: '1.0.0' },
    { capabilities: { tools: { listChanged: true }, logging: {}, resources: { subscribe: true } } },
  );
  server.registerTool(
    'echo',
    { description: 'Echoes', inputSchema: schema({ text: { type: 'string' } }) },
    async (args: unknown) => ({
      content: [{ type: 'text', text: String((args as { text: unknown }).text) }],
    }),
  );
  server.registerTool('fails', { description: 'Fails', inputSchema: schema({}) }, async () => ({
    content: [{ type: 'text', text: 'no luck' }],
    isError: true,
  }));
  server.registerTool(
    'slow',
    { description: 'Reports progress', inputSchema: schema({}) },
    async (_args: unknown, ctx: ServerContext) => {
      for (let step = 1; step <= 3; step++) {
        const progressToken = ctx.mcpReq._meta?.progressToken;
        if (progressToken !== undefined) {
          await ctx.mcpReq.notify({
            method: 'notifications/progress',
            params: { progressToken, progress: step, total: 3 },
          });
        }
        await ctx.mcpReq.log('warning', `step ${step}`);
      }
      return { content: [{ type: 'text', text: 'done' }] };
    },
  );
  server.registerResource('note', 'test://note', { mimeType: 'text/plain' }, async (uri) => ({
    contents: [{ uri: uri.href, text: 'a note' }],
  }));
  server.registerPrompt(
    'greet',
    { description: 'Greets', argsSchema: schema({ name: { type: 'string' } }) as never },
    (async (args: { name: string }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: `Hello ${args.name}` } }],
    })) as never,
  );
  return server;
};

/** 2026-07-28 alone. */
export const startModernServer = async (): Promise<TestServer> => {
  const handler = createMcpHandler(
    () => {
      const server = sdkServer();
      server.registerTool(
        'asks',
        { description: 'Asks', inputSchema: schema({}) },
        async (_args: unknown, ctx: ServerContext) => {
          const answered = (
            ctx.mcpReq as unknown as { inputResponses?: Record<string, { content?: { name?: string } }> }
          ).inputResponses?.who;
          if (answered !== undefined) return { content: [{ type: 'text', text: `Hello ${answered.content?.name}` }] };
          return inputRequired({
            inputRequests: {
              who: inputRequired.elicit({
                message: 'Who?',
                requestedSchema: { type: 'object', properties: { name: { type: 'string' } } },
              }),
            },
          });
        },
      );
      return server;
    },
    { legacy: 'reject' } as never,
  );
  const node = toNodeHandler(handler);
  return serve((req, res, body) => node(req as NodeIncomingMessageLike, res, body));
};

/** Sessions, as before 2026-07-28. */
export const startLegacyServer = async (
  prepare: (server: McpServer) => void = () => {},
): Promise<TestServer & { forget(): void; sessions: Map<string, McpServer> }> => {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  const sessions = new Map<string, McpServer>();
  const server = await serve(async (req, res, body) => {
    const sessionId = req.headers['mcp-session-id'];
    if (typeof sessionId === 'string') {
      const transport = transports.get(sessionId);
      if (transport === undefined) {
        res.writeHead(404, { 'content-type': 'application/json' });
        return res.end(
          JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } }),
        );
      }
      return transport.handleRequest(req, res, body);
    }
    const mcp = sdkServer();
    prepare(mcp);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id: string) => {
        transports.set(id, transport);
        sessions.set(id, mcp);
      },
    });
    await mcp.connect(transport);
    return transport.handleRequest(req, res, body);
  });
  return { ...server, sessions, forget: () => transports.clear() };
};
