import { once } from 'node:events';
import { type IncomingMessage, type Server as HttpServer, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

/** Answers a request itself, by a challenge; else says whom it is from. */
export type Door = (request: IncomingMessage, response: ServerResponse) => string | null;

/** A server of the official SDK over HTTP+SSE, whose door is at its stream. */
export class SseUpstream {
  private readonly transports = new Map<string, SSEServerTransport>();

  private constructor(
    private readonly http: HttpServer,
    readonly url: string,
  ) {}

  static async start(door: Door): Promise<SseUpstream> {
    const http = createServer();
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const { port } = http.address() as AddressInfo;
    const upstream = new SseUpstream(http, `http://127.0.0.1:${port}/sse`);
    http.on('request', (request, response) => {
      upstream.answer(request, response, door).catch((error: unknown) => response.writeHead(500).end(String(error)));
    });
    return upstream;
  }

  async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    if (request.method === 'POST' && pathname === '/message') {
      const transport = this.transports.get(searchParams.get('sessionId') ?? '');
      if (transport === undefined) return void response.writeHead(404).end();
      return transport.handlePostMessage(request, response);
    }
    if (request.method !== 'GET' || pathname !== '/sse') return void response.writeHead(404).end();
    const who = door(request, response);
    if (who === null) return;
    const transport = new SSEServerTransport('/message', response);
    this.transports.set(transport.sessionId, transport);
    response.on('close', () => this.transports.delete(transport.sessionId));
    await this.serverFor(who).connect(transport);
  }

  private serverFor(who: string): Server {
    const server = new Server({ name: 'old notes', version: '1' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: [{ name: 'whoami', description: 'says who calls', inputSchema: { type: 'object' } }],
    }));
    server.setRequestHandler(CallToolRequestSchema, () => ({ content: [{ type: 'text', text: who }] }));
    return server;
  }
}
