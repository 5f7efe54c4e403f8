import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Streamable HTTP with sessions of the npm SDK v1: `build` connects a server to each new session's transport. */
export const sessionHandler = (build: (transport: Transport) => Promise<void>): Handler => {
  const sessions = new Map<unknown, StreamableHTTPServerTransport>();
  return async (request, response) => {
    const id = request.headers['mcp-session-id'];
    let transport = sessions.get(id);
    if (transport === undefined) {
      if (id !== undefined) return void response.writeHead(404).end();
      const opened = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (sessionId) => void sessions.set(sessionId, opened),
      });
      transport = opened;
      await build(transport as Transport);
    }
    await transport.handleRequest(request, response);
  };
};
