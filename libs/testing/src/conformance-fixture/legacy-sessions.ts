import { randomUUID } from 'node:crypto';
import {
  type EventId,
  type EventStore,
  type JSONRPCMessage,
  type McpServer,
  type StreamId,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { LegacyTasks } from './legacy-tasks.js';
import type { Tasks } from './tasks.js';

interface Session {
  readonly server: McpServer;
  readonly tasks: LegacyTasks;
  readonly transport: WebStandardStreamableHTTPServerTransport;
}

/** The session side of Streamable HTTP (2025-11-25 and before): a server of its own for each session. */
export class LegacySessions {
  private readonly sessions = new Map<string, Session>();

  constructor(
    private readonly buildServer: () => McpServer,
    /** Those that a new session knows. */
    private readonly tasksOfSession: () => Tasks,
  ) {}

  async fetch(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id !== null) {
      const session = this.sessions.get(id);
      return session ? session.transport.handleRequest(request) : refusal(404, -32_001, 'Session not found');
    }
    if (request.method !== 'POST') return refusal(400, -32_000, 'Mcp-Session-Id is required');
    // Whether this is an initialize request is for the transport to say: it refuses anything else that has no session.
    const server = this.buildServer();
    let tasks: LegacyTasks | undefined;
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (made) => void this.sessions.set(made, { server, transport, tasks: tasks as LegacyTasks }),
      onsessionclosed: (closed) => void this.sessions.delete(closed),
      eventStore: new MemoryEvents(),
      retryInterval: 200,
    });
    await server.connect(transport);
    tasks = LegacyTasks.insert(transport, this.tasksOfSession());
    return transport.handleRequest(request);
  }

  forEach(visit: (server: McpServer) => void): void {
    for (const { server } of this.sessions.values()) visit(server);
  }

  async close(): Promise<void> {
    for (const { tasks } of this.sessions.values()) tasks.close();
    await Promise.all([...this.sessions.values()].map(({ server }) => server.close()));
    this.sessions.clear();
  }
}

const refusal = (status: number, code: number, message: string): Response =>
  Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });

class MemoryEvents implements EventStore {
  private readonly events: { id: EventId; streamId: StreamId; message: JSONRPCMessage }[] = [];

  async storeEvent(streamId: StreamId, message: JSONRPCMessage): Promise<EventId> {
    const id = `${streamId}_${this.events.length}`;
    this.events.push({ id, streamId, message });
    return id;
  }

  async replayEventsAfter(
    lastEventId: EventId,
    { send }: { send: (eventId: EventId, message: JSONRPCMessage) => Promise<void> },
  ): Promise<StreamId> {
    const last = this.events.findIndex(({ id }) => id === lastEventId);
    const streamId = this.events[last]?.streamId ?? '';
    for (const event of this.events.slice(last + 1)) {
      // A priming event holds an empty object, and is not a message to be seen again.
      if (event.streamId === streamId && Object.keys(event.message).length > 0) await send(event.id, event.message);
    }
    return streamId;
  }
}
