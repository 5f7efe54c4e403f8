import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface DoubleCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly modern: boolean;
  readonly headers: IncomingMessage['headers'];
}

export interface McpDoubleOptions {
  readonly port?: number;
  readonly name: string;
  readonly tools: readonly DoubleTool[];
  /** Gives the members of the result as JSON text, without braces: `"content":[]`. */
  readonly call: (call: DoubleCall) => string | Promise<string>;
  /** Sees a request first; true when it has answered it. */
  readonly intercept?: (request: DoubleRequest) => boolean;
}

export interface DoubleTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
}

export interface DoubleRequest {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly message: RpcRequest;
  /** JSON text of the id. */
  readonly id: string;
  readonly modern: boolean;
}

interface RpcRequest {
  readonly id?: string | number;
  readonly method: string;
  readonly params?: {
    readonly name?: string;
    readonly arguments?: Record<string, unknown>;
    readonly _meta?: Record<string, unknown>;
    readonly cursor?: string;
  };
}

/** A failure the double answers as a JSON-RPC error. */
export class DoubleError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export interface McpDouble {
  /** Of its MCP endpoint; any path works. */
  readonly url: string;
  readonly port: number;
  /** POSTs that have arrived. */
  readonly requests: number;
  stop(): Promise<void>;
}

const META_VERSION = 'io.modelcontextprotocol/protocolVersion';
const COMPLETE = '"resultType":"complete"';
const CACHE = '"ttlMs":60000,"cacheScope":"public"';

/**
 * A Streamable HTTP server in both eras with as little work per request as `node:http` allows, so that what is measured
 * or broken is not the double.
 */
export const startMcpDouble = async (options: McpDoubleOptions): Promise<McpDouble> => {
  const info = `{"name":${JSON.stringify(options.name)},"version":"1.0.0"}`;
  const capabilities = '{"tools":{}}';
  const tools = `"tools":${JSON.stringify(options.tools)}`;
  let requests = 0;

  const resultOf = ({ message, modern, req }: DoubleRequest): string | Promise<string> => {
    switch (message.method) {
      case 'tools/call': {
        const { name = '', arguments: args = {} } = message.params ?? {};
        return options.call({ name, arguments: args, modern, headers: req.headers });
      }
      case 'tools/list':
        return modern ? `${tools},${CACHE}` : tools;
      case 'server/discover':
        if (!modern) break;
        return `"supportedVersions":["2026-07-28"],"capabilities":${capabilities},"_meta":{"io.modelcontextprotocol/serverInfo":${info}},${CACHE}`;
      case 'initialize':
        if (modern) break;
        return `"protocolVersion":"2025-11-25","capabilities":${capabilities},"serverInfo":${info}`;
      case 'ping':
        if (modern) break;
        return '';
    }
    throw new DoubleError(-32601, 'Method not found');
  };

  const answer = (request: DoubleRequest, members: string): void => {
    const { res, id, modern, message } = request;
    const type = modern ? (members === '' ? COMPLETE : `,${COMPLETE}`) : '';
    const body = `{"jsonrpc":"2.0","id":${id},"result":{${members}${type}}}`;
    const session = message.method === 'initialize' ? { 'mcp-session-id': 'double' } : undefined;
    send(res, 200, body, session);
  };

  const refuse = ({ res, id, modern }: DoubleRequest, error: unknown): void => {
    const code = error instanceof DoubleError ? error.code : -32603;
    const body = JSON.stringify({ code, message: error instanceof Error ? error.message : String(error) });
    send(res, modern && code === -32601 ? 404 : 200, `{"jsonrpc":"2.0","id":${id},"error":${body}}`);
  };

  const handle = (req: IncomingMessage, res: ServerResponse, text: string): void => {
    requests++;
    const message = JSON.parse(text) as RpcRequest;
    if (message.id === undefined) return void res.writeHead(202).end();
    const modern = message.params?._meta?.[META_VERSION] !== undefined;
    const request: DoubleRequest = { req, res, message, id: JSON.stringify(message.id), modern };
    if (options.intercept?.(request)) return;
    try {
      const members = resultOf(request);
      if (typeof members === 'string') return answer(request, members);
      members.then(
        (later) => answer(request, later),
        (error: unknown) => refuse(request, error),
      );
    } catch (error) {
      refuse(request, error);
    }
  };

  const server = createServer((req, res) => {
    if (req.method !== 'POST') return void res.writeHead(req.method === 'DELETE' ? 200 : 405).end();
    readText(req, (text) => handle(req, res, text));
  });
  server.keepAliveTimeout = 120_000;
  server.listen(options.port ?? 0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    get requests() {
      return requests;
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
};

const readText = (req: IncomingMessage, done: (text: string) => void): void => {
  let first: Buffer | undefined;
  let chunks: Buffer[] | undefined;
  req.on('data', (chunk: Buffer) => {
    if (first === undefined) first = chunk;
    else (chunks ??= [first]).push(chunk);
  });
  req.on('end', () => done(chunks ? Buffer.concat(chunks).toString() : (first?.toString() ?? '')));
};

const send = (res: ServerResponse, status: number, body: string, headers?: Record<string, string>): void => {
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers });
  res.end(body);
};
