import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve, type TestServer } from './sdk-servers.js';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

export interface RawUpstream extends TestServer {
  /** How often a tool was run. */
  readonly executions: number;
}

export type Answering = (request: Request, res: ServerResponse, req: IncomingMessage) => unknown;

export const json = (res: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(text);
};

export const result = (id: unknown, value: unknown): string => JSON.stringify({ jsonrpc: '2.0', id, result: value });
export const rpcError = (id: unknown, code: number, message: string, data?: unknown): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });

export const openStream = (res: ServerResponse): void => {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
};
export const event = (data: string, id?: string): string => `${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;

/** A 2026-07-28 upstream made by hand: discovers as it should, and answers calls however the test wants. */
export const startRawModern = async (
  answering: Answering,
  capabilities: object = { tools: {} },
): Promise<RawUpstream> => {
  const state = { executions: 0 };
  const server = await serve((req, res, body) => {
    const request = body as Request;
    if (request?.method === 'server/discover') {
      return json(
        res,
        result(request.id, {
          resultType: 'complete',
          supportedVersions: ['2026-07-28'],
          capabilities,
          ttlMs: 0,
          cacheScope: 'private',
        }),
      );
    }
    if (request?.method === 'tools/call') state.executions++;
    return answering(request, res, req);
  });
  return {
    ...server,
    get executions() {
      return state.executions;
    },
  };
};

/** A 2025-11-25 upstream made by hand. */
export const startRawLegacy = async (
  answering: Answering,
  {
    capabilities = { tools: {} } as object,
    sessions = true,
    onGet = (_req: IncomingMessage, res: ServerResponse): unknown => json(res, '', 405),
  } = {},
): Promise<RawUpstream & { readonly known: Set<string>; readonly ended: string[] }> => {
  const state = { executions: 0, count: 0 };
  const known = new Set<string>();
  const ended: string[] = [];
  const server = await serve((req, res, body) => {
    const sessionId = req.headers['mcp-session-id'] as string | undefined;
    if (req.method === 'GET') return onGet(req, res);
    if (req.method === 'DELETE') {
      ended.push(sessionId ?? '');
      return json(res, '');
    }
    const request = body as Request;
    if (request?.method === 'initialize') {
      const id = `session-${++state.count}`;
      known.add(id);
      const answer = { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'raw', version: '1' } };
      return json(res, result(request.id, answer), 200, sessions ? { 'mcp-session-id': id } : {});
    }
    if (sessions && (sessionId === undefined || !known.has(sessionId))) {
      return json(
        res,
        rpcError(null, -32000, sessionId === undefined ? 'Server not initialized' : 'Session not found'),
        sessionId === undefined ? 400 : 404,
      );
    }
    if (request?.method === 'server/discover') return json(res, rpcError(request.id, -32601, 'Method not found'));
    if (request?.id === undefined || request.method === undefined) {
      res.writeHead(202).end();
      return request?.id === undefined ? undefined : answering(request, res, req);
    }
    if (request.method === 'tools/call') state.executions++;
    return answering(request, res, req);
  });
  return {
    ...server,
    known,
    ended,
    get executions() {
      return state.executions;
    },
  };
};
