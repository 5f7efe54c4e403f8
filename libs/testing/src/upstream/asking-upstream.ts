import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One session of an era before 2026-07-28, as this upstream knows it. */
export interface AskingSession {
  readonly id: string;
  /** The `owner` argument of every call that came in it. */
  readonly owners: Set<string>;
  /** Calls that came in it, in order; what a stateful upstream would lose with the session. */
  calls: number;
  /** Resources it has subscribed to. */
  readonly uris: Set<string>;
}

export interface AskingUpstream {
  readonly url: string;
  /** Those that are open. */
  readonly sessions: ReadonlyMap<string, AskingSession>;
  readonly sessionsOpened: number;
  /** Calls that wait for an answer of their client. */
  readonly waiting: number;
  /** What they were called with. */
  readonly waitingCanaries: readonly string[];
  /** What it was answered in its sessions, by what it had been called with. */
  readonly answers: ReadonlyMap<string, unknown>;
  /** Cancellations that have come. */
  readonly cancelled: number;
  /** Connections that are open to it. */
  readonly connections: () => Promise<number>;
  stop(): Promise<void>;
}

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly uri?: string;
    readonly arguments?: Record<string, unknown>;
    readonly requestId?: number | string;
    readonly requestState?: string;
    readonly notifications?: object;
    readonly inputResponses?: Record<string, unknown>;
    readonly _meta?: Record<string, unknown>;
  };
  readonly result?: { readonly content?: Record<string, unknown> };
}

interface WaitingCall {
  readonly call: Message;
  readonly session: AskingSession;
  readonly response: ServerResponse;
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };
const INFO = { name: 'asking-upstream', version: '1.0.0' };
const FORM = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
const CACHE = { ttlMs: 0, cacheScope: 'private' };

const TOOLS = ['ask', 'count', 'other', 'one_more'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const STATE = 'asking://state';
const RESOURCES = [{ uri: STATE, name: 'state' }];

const event = (message: object): string =>
  `event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;
const text = (said: string): object => ({ content: [{ type: 'text', text: said }] });

/**
 * Its tool `ask` says `arguments.canary` in progress, in a log message and in a question to the user, and answers with
 * it and with what the user said; `count` says how often its session has been called, by which a session that is
 * another one is found out. In sessions `ask` keeps silent for `arguments.afterMs` first. Ids of its questions are the
 * same in every session. With `arguments.touch` its resource has changed, for the session of the call alone.
 */
export const startAskingUpstream = async ({ era }: { readonly era: 'legacy' | 'modern' }): Promise<AskingUpstream> => {
  const upstream = new Asking();
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      upstream.other(request, response);
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const message = JSON.parse(body) as Message;
      const modern = message.params?._meta?.[VERSION_KEY] !== undefined;
      if (modern !== (era === 'modern')) return void response.writeHead(400).end('another era');
      if (modern) upstream.modern(message, response);
      else upstream.legacy(message, request, response);
    });
  });
  server.keepAliveTimeout = 120_000;
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    sessions: upstream.sessions,
    get sessionsOpened() {
      return upstream.sessionsOpened;
    },
    get waiting() {
      return upstream.waiting.size;
    },
    get waitingCanaries() {
      return [...upstream.waiting.values()].map(({ call }) => String(call.params?.arguments?.['canary']));
    },
    answers: upstream.answers,
    get cancelled() {
      return upstream.cancelled;
    },
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

class Asking {
  readonly sessions = new Map<string, AskingSession>();
  /** By session and id of the question. */
  readonly waiting = new Map<string, WaitingCall>();
  private readonly streams = new Map<string, ServerResponse>();
  readonly answers = new Map<string, unknown>();
  sessionsOpened = 0;
  cancelled = 0;

  other(request: IncomingMessage, response: ServerResponse): void {
    const id = String(request.headers['mcp-session-id']);
    if (request.method === 'DELETE') {
      this.sessions.delete(id);
      response.writeHead(200).end();
    } else if (this.sessions.has(id)) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.streams.set(id, response);
      response.once('close', () => this.streams.get(id) === response && this.streams.delete(id));
    } else response.writeHead(404).end();
  }

  legacy(message: Message, request: IncomingMessage, response: ServerResponse): void {
    if (message.method === 'initialize') return this.open(message, response);
    const session = this.sessions.get(String(request.headers['mcp-session-id']));
    if (session === undefined) return void response.writeHead(404).end('no such session');
    if (message.method === 'notifications/cancelled') this.cancel(session, message.params?.requestId);
    if (message.method === undefined) this.answered(session, message);
    if (message.method === undefined || message.id === undefined) return void response.writeHead(202).end();
    if (message.method === 'tools/call') return this.call(message, session, response);
    const { uri } = message.params ?? {};
    if (message.method === 'resources/subscribe' && uri !== undefined) session.uris.add(uri);
    if (message.method === 'resources/unsubscribe' && uri !== undefined) session.uris.delete(uri);
    send(response, { id: message.id, ...answerOf(message, {}) });
  }

  /** https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr */
  modern(message: Message, response: ServerResponse): void {
    const { id, method, params = {} } = message;
    const complete = { resultType: 'complete' };
    if (method === 'subscriptions/listen') return listen(message, response);
    if (method !== 'tools/call') return send(response, { id, ...answerOf(message, { ...complete, ...CACHE }) });
    const { canary } = params.arguments ?? {};
    if (params.name !== 'ask') return send(response, { id, result: { ...text(params.name ?? ''), ...complete } });
    if (params.requestState === undefined) {
      tell(response, message);
      const asked = { method: 'elicitation/create', params: { message: canary, requestedSchema: FORM } };
      const result = { resultType: 'input_required', inputRequests: { q: asked }, requestState: `state of ${canary}` };
      return void response.end(event({ id, result }));
    }
    const said = params.inputResponses?.['q'] as Message['result'];
    const kept = params.requestState === `state of ${canary}` ? canary : `not ${params.requestState}`;
    send(response, { id, result: { ...text(`${kept} ${said?.content?.['answer']}`), ...complete } });
  }

  private open({ id }: Message, response: ServerResponse): void {
    const session = { id: randomUUID(), owners: new Set<string>(), calls: 0, uris: new Set<string>() };
    this.sessions.set(session.id, session);
    this.sessionsOpened++;
    const result = { protocolVersion: '2025-11-25', capabilities: CAPABILITIES, serverInfo: INFO };
    send(response, { id, result }, { 'mcp-session-id': session.id });
  }

  private call(message: Message, session: AskingSession, response: ServerResponse): void {
    const { name, arguments: args = {} } = message.params ?? {};
    session.owners.add(String(args['owner']));
    session.calls++;
    if (args['touch'] === true && session.uris.has(STATE))
      this.streams.get(session.id)?.write(event({ method: 'notifications/resources/updated', params: { uri: STATE } }));
    if (name !== 'ask') return send(response, { id: message.id, result: text(`${session.id} ${session.calls}`) });
    const question = `q-${session.calls}`;
    if (typeof args['afterMs'] === 'number')
      setTimeout(() => this.ask(message, session, response, question), args['afterMs']);
    else this.ask(message, session, response, question);
  }

  private ask(message: Message, session: AskingSession, response: ServerResponse, question: string): void {
    if (response.destroyed) return;
    tell(response, message);
    this.waiting.set(`${session.id} ${question}`, { call: message, session, response });
    response.once('close', () => this.waiting.delete(`${session.id} ${question}`));
    const params = { message: message.params?.arguments?.['canary'], requestedSchema: FORM };
    response.write(event({ id: question, method: 'elicitation/create', params }));
  }

  private answered(session: AskingSession, { id, result }: Message): void {
    const waiting = this.waiting.get(`${session.id} ${id}`);
    const { canary } = waiting?.call.params?.arguments ?? {};
    if (waiting !== undefined) this.answers.set(String(canary), result?.content?.['answer']);
    waiting?.response.end(event({ id: waiting.call.id, result: text(`${canary} ${result?.content?.['answer']}`) }));
  }

  private cancel(session: AskingSession, requestId: unknown): void {
    this.cancelled++;
    for (const { call, session: its, response } of this.waiting.values()) {
      if (its === session && call.id === requestId) response.end();
    }
  }
}

/** Says the canary in progress and in a log message, on the stream of the call. */
const tell = (response: ServerResponse, { params }: Message): void => {
  const { canary } = params?.arguments ?? {};
  const progressToken = params?._meta?.['progressToken'];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (progressToken !== undefined) {
    const progress = { progressToken, progress: 1, total: 2, message: canary };
    response.write(event({ method: 'notifications/progress', params: progress }));
  }
  response.write(event({ method: 'notifications/message', params: { level: 'info', data: { canary } } }));
};

const listen = ({ id, params }: Message, response: ServerResponse): void => {
  const { notifications = {} } = params ?? {};
  const acknowledged = { _meta: { 'io.modelcontextprotocol/subscriptionId': id }, notifications };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event({ method: 'notifications/subscriptions/acknowledged', params: acknowledged }));
};

const answerOf = ({ method, params }: Message, more: object): object => {
  switch (method) {
    case 'server/discover':
      return { result: { supportedVersions: ['2026-07-28'], capabilities: CAPABILITIES, ...more } };
    case 'tools/list':
      return { result: { tools: TOOLS, ...more } };
    case 'resources/list':
      return { result: { resources: RESOURCES, ...more } };
    case 'resources/templates/list':
      return { result: { resourceTemplates: [], ...more } };
    case 'resources/read':
      return { result: { contents: [{ uri: params?.uri, text: 'state' }], ...more } };
    case 'ping':
    case 'logging/setLevel':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return { result: more };
    default:
      return { error: { code: -32601, message: 'Method not found' } };
  }
};

const send = (response: ServerResponse, message: object, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...message }));
};
