import { randomBytes } from 'node:crypto';

/** How a call ended for the one who made it. */
export type Ending =
  | { readonly kind: 'ok' }
  /** A promise that nothing was executed. */
  | { readonly kind: 'refused'; readonly reason: string; readonly httpStatus: number }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The connection, or the replica behind the front, went away before there was an answer. */
  | { readonly kind: 'reset'; readonly reason: string }
  /** What no client should ever see: silence, somebody else's answer, nonsense. */
  | { readonly kind: 'wrong'; readonly what: string };

export interface Called {
  /** The ledger's id and, since it has the form of one, the trace that the call's record is found by. */
  readonly id: string;
  readonly era: 'modern' | 'legacy';
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly ending: Ending;
}

export interface Target {
  /** Of an MCP endpoint that offers `record` of the ledger upstream. */
  readonly url: string;
  readonly token: string;
  /** Beyond every deadline of the gateway: who has no answer by then never gets one. */
  readonly hangsAfterMs: number;
  /** Behind an edge that is reloaded: nginx closes idle connections then, whatever a client is about to send on them. */
  readonly ownConnections?: boolean;
}

interface RpcAnswer {
  readonly id?: unknown;
  /** Of a process that does not serve MCP yet: it refuses as REST does. */
  readonly code?: string;
  readonly result?: { readonly content?: readonly { readonly text?: string }[]; readonly isError?: boolean };
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: { readonly reason?: string; readonly executed?: 'no' | 'unknown' };
  };
}

const BOTH = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

export const connectionHeaders = ({
  ownConnections = false,
}: Pick<Target, 'ownConnections'>): Record<string, string> => (ownConnections ? { connection: 'close' } : {});

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const CLIENT = { name: 'traffic', version: '1.0.0' };

export const newId = (): string => randomBytes(16).toString('hex');

const traceparent = (id: string): string => `00-${id}-00f067aa0ba902b7-01`;

/** One call of a client without a session. */
export const callModern = (target: Target): Promise<Called> =>
  timed('modern', (id) =>
    post(
      target,
      id,
      { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'record' },
      {
        name: 'record',
        arguments: { id },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientInfo': CLIENT,
          'io.modelcontextprotocol/clientCapabilities': {},
          traceparent: traceparent(id),
        },
      },
    ),
  );

/** One call within a session. */
export const callLegacy = (target: Target, session: string): Promise<Called> =>
  timed('legacy', (id) =>
    post(
      target,
      id,
      { ...sessionHeaders(session), traceparent: traceparent(id) },
      { name: 'record', arguments: { id } },
    ),
  );

export const sessionHeaders = (session: string): Record<string, string> => ({
  'mcp-protocol-version': LEGACY,
  'mcp-session-id': session,
});

/** The id of a new session; null where the gateway could not open one. */
export const openSession = async (target: Target, capabilities = {}): Promise<string | null> => {
  const { url, token, hangsAfterMs } = target;
  const headers = { ...BOTH, ...connectionHeaders(target), authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(hangsAfterMs);
  const params = { protocolVersion: LEGACY, capabilities, clientInfo: CLIENT };
  const opened = await fetch(url, {
    method: 'POST',
    headers,
    signal,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
  });
  await opened.text();
  const id = opened.headers.get('mcp-session-id');
  if (opened.status !== 200 || id === null) return null;
  const noted = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...sessionHeaders(id) },
    signal,
    body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
  });
  await noted.text();
  return id;
};

const timed = async (era: Called['era'], call: (id: string) => Promise<Ending>): Promise<Called> => {
  const id = newId();
  const startedAtMs = Date.now();
  const ending = await call(id);
  return { id, era, startedAtMs, endedAtMs: Date.now(), ending };
};

const post = async (target: Target, id: string, headers: Record<string, string>, params: object): Promise<Ending> => {
  let response: Response;
  let text: string;
  try {
    response = await fetch(target.url, {
      method: 'POST',
      headers: { ...BOTH, ...connectionHeaders(target), authorization: `Bearer ${target.token}`, ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }),
      signal: AbortSignal.timeout(target.hangsAfterMs),
    });
    text = await response.text();
  } catch (error) {
    if ((error as Error).name === 'TimeoutError')
      return { kind: 'wrong', what: `no answer in ${target.hangsAfterMs} ms` };
    return { kind: 'reset', reason: String((error as Error).cause ?? error) };
  }
  const type = response.headers.get('content-type') ?? '';
  // The front's own word for a replica that went away with the request.
  if (response.status === 502 && type.startsWith('text/plain')) return { kind: 'reset', reason: 'front' };
  const answer = type.startsWith('text/event-stream') ? answerIn(text, id) : parse(text);
  // A stream that ends without its answer: the replica that wrote it is gone.
  if (answer === undefined && type.startsWith('text/event-stream')) return { kind: 'reset', reason: 'stream' };
  if (answer === undefined) return { kind: 'wrong', what: `${response.status} ${text.slice(0, 200)}` };
  return endingOf(answer, response.status, id);
};

const endingOf = ({ id: answered, result, error, code }: RpcAnswer, httpStatus: number, id: string): Ending => {
  if (code !== undefined && httpStatus === 503) return { kind: 'refused', reason: code, httpStatus };
  // The edge's own word for a replica that went away with the request: it may have run.
  if (code === 'edge.unreachable' || code === 'edge.timed_out') return { kind: 'reset', reason: code };
  const wrong: Ending = { kind: 'wrong', what: `${httpStatus} ${JSON.stringify({ answered, result, error, code })}` };
  if (answered !== id && answered !== undefined && answered !== null) return wrong;
  if (result !== undefined) {
    const own = httpStatus === 200 && result.isError !== true && result.content?.[0]?.text === id;
    return own ? { kind: 'ok' } : wrong;
  }
  if (error === undefined) return wrong;
  const reason = error.data?.reason ?? String(error.code);
  const executed = error.data?.executed ?? (httpStatus === 200 ? undefined : 'no');
  if (executed === 'no') return { kind: 'refused', reason, httpStatus };
  // Clients and proxies take a status other than 200 for leave to send the request again.
  return executed === 'unknown' && httpStatus === 200 ? { kind: 'unknown', reason } : wrong;
};

const answerIn = (events: string, id: string): RpcAnswer | undefined =>
  events
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => parse(line.slice('data:'.length)))
    .find((message) => message?.id === id);

const parse = (text: string): RpcAnswer | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};
