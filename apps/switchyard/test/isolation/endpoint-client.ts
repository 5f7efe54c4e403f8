import { Agent, type Dispatcher, request } from 'undici';

/** Where a client goes, and as whom. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
}

/** A message of the gateway, as far as tests look into it. */
export interface Said {
  readonly id?: number | string;
  readonly method?: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- an answer under test, looked into by matchers
  readonly params?: any;
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  readonly result?: any;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
}

export const MODERN = '2026-07-28';
export const LEGACY = '2025-11-25';
const PREFIX = 'io.modelcontextprotocol';
const BOTH = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const ELICITATION = { elicitation: {} };
const INFO = { name: 'test', version: '1' };
/** Lets go of connections soon, so that those a gateway holds are none of this client's making. */
const dispatcher = new Agent({ keepAliveTimeout: 1_000, keepAliveMaxTimeout: 1_000, connections: null });
/** Longer than every deadline of the gateway's own. */
const PATIENCE_MS = 120_000;

/** What one request brought back, message by message. */
export class Talk {
  readonly messages: Said[] = [];
  text = '';
  /** The newest event's. */
  eventId: string | null = null;
  private readonly waiters: (() => void)[] = [];
  private over = false;
  readonly ended: Promise<void>;

  constructor(
    private readonly response: Dispatcher.ResponseData,
    private readonly control: AbortController,
  ) {
    this.ended = this.read()
      .catch(() => {})
      .then(() => {
        this.over = true;
        this.wake();
      });
  }

  get status(): number {
    return this.response.statusCode;
  }

  /** A header of the answer. */
  header(name: string): string | undefined {
    const value = this.response.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  /** The first message that `isIt`; rejects when the answer ends without, or takes too long. */
  async hear(isIt: (message: Said) => boolean): Promise<Said> {
    const timer = setTimeout(() => this.control.abort(), PATIENCE_MS);
    try {
      for (;;) {
        const heard = this.messages.find(isIt);
        if (heard !== undefined) return heard;
        if (this.over) throw new Error(`${this.status} ended after ${this.text.slice(0, 500)}`);
        await new Promise<void>((resolve) => this.waiters.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  answer(id: number | string = 1): Promise<Said> {
    return this.hear((message) => message.id === id && message.method === undefined);
  }

  leave(): void {
    this.control.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    const streams = this.header('content-type')?.startsWith('text/event-stream') === true;
    let rest = '';
    for await (const chunk of this.response.body) {
      const piece = decoder.decode(chunk as Buffer, { stream: true });
      this.text += piece;
      rest += piece;
      if (!streams) continue;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('id: ')) this.eventId = line.slice(4);
        if (line.startsWith('data: {')) this.messages.push(JSON.parse(line.slice(6)) as Said);
      }
      this.wake();
    }
    if (!streams && rest.startsWith('{')) this.messages.push(JSON.parse(rest) as Said);
  }

  private wake(): void {
    for (const resolve of this.waiters.splice(0)) resolve();
  }
}

const send = async (
  method: Dispatcher.HttpMethod,
  { url, token }: Endpoint,
  headers: object,
  body?: object,
  leaving?: AbortSignal,
): Promise<Talk> => {
  const control = new AbortController();
  leaving?.addEventListener('abort', () => control.abort());
  const timer = setTimeout(() => control.abort(), PATIENCE_MS);
  const response = await request(url, {
    method,
    dispatcher,
    headers: { ...BOTH, authorization: `Bearer ${token}`, ...(headers as Record<string, string>) },
    signal: control.signal,
    ...(body !== undefined && { body: JSON.stringify({ jsonrpc: '2.0', ...body }) }),
  }).finally(() => clearTimeout(timer));
  return new Talk(response, control);
};

/** A request of a client without a session, who can be asked things. */
export const askModern = (
  at: Endpoint,
  method: string,
  params: Record<string, unknown> = {},
  { id = 1, meta = {} }: { readonly id?: number | string; readonly meta?: object } = {},
): Promise<Talk> => {
  const name = params['name'] ?? params['uri'] ?? params['taskId'];
  const headers = {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
  };
  const _meta = {
    [`${PREFIX}/protocolVersion`]: MODERN,
    [`${PREFIX}/clientInfo`]: INFO,
    [`${PREFIX}/clientCapabilities`]: ELICITATION,
    ...meta,
  };
  return send('POST', at, headers, { id, method, params: { ...params, _meta } });
};

/** Declares the tasks extension. */
export const TASKS_WANTED = {
  [`${PREFIX}/clientCapabilities`]: { extensions: { [`${PREFIX}/tasks`]: {} } },
};

export const LOGS_WANTED = { [`${PREFIX}/logLevel`]: 'debug' };

/** A session of a client who can be asked things. */
export class LegacyClient {
  private constructor(
    readonly at: Endpoint,
    readonly sessionId: string,
  ) {}

  static async open(at: Endpoint, capabilities: object = ELICITATION): Promise<LegacyClient> {
    const params = { protocolVersion: LEGACY, capabilities, clientInfo: INFO };
    const talk = await send('POST', at, {}, { id: 1, method: 'initialize', params });
    await talk.answer();
    const client = new LegacyClient(at, talk.header('mcp-session-id') ?? '');
    await client.post({ method: 'notifications/initialized' });
    return client;
  }

  /** The same session, as this client or another claims it, on whichever replica. */
  as(at: Endpoint): LegacyClient {
    return new LegacyClient(at, this.sessionId);
  }

  post(body: object, leaving?: AbortSignal): Promise<Talk> {
    return send('POST', this.at, this.headers, body, leaving);
  }

  call(
    name: string,
    args: object,
    { id = 1, ...meta }: { id?: number; progressToken?: string } = {},
    leaving?: AbortSignal,
  ): Promise<Talk> {
    return this.post({ id, method: 'tools/call', params: { name, arguments: args, _meta: meta } }, leaving);
  }

  async answer(id: number | string | undefined, content: object): Promise<number> {
    const talk = await this.post({ id, result: { action: 'accept', content } });
    await talk.ended;
    return talk.status;
  }

  listen(lastEventId?: string): Promise<Talk> {
    return send('GET', this.at, {
      ...this.headers,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    });
  }

  async end(): Promise<number> {
    const talk = await send('DELETE', this.at, this.headers);
    await talk.ended;
    return talk.status;
  }

  private get headers(): object {
    return { 'mcp-session-id': this.sessionId, 'mcp-protocol-version': LEGACY };
  }
}

export const isQuestion = ({ method, id }: Said): boolean => method === 'elicitation/create' && id !== undefined;
