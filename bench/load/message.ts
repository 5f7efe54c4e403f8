import { type Era, type Scenario, VERSIONS } from '../scenario.js';

const META = {
  'io.modelcontextprotocol/protocolVersion': VERSIONS.modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

export const textOf = (id: number): string => `sample text number ${id}`;

/** The body of one request; everything but the id is made once. */
export const bodyWriter = ({ call, era }: Scenario): ((id: number) => string) => {
  const meta = era === 'modern' ? `"_meta":${JSON.stringify(META)}` : '';
  if (call === 'tools/list') return (id) => `{"jsonrpc":"2.0","id":${id},"method":"tools/list","params":{${meta}}}`;
  const tail = meta === '' ? '' : `,${meta}`;
  return (id) =>
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"text":"${textOf(id)}"}${tail}}}`;
};

export interface RequestTarget {
  readonly url: string;
  readonly token: string | null;
}

/** The head up to the length of the body. */
export const headOf = ({ url, token }: RequestTarget, headers: Record<string, string>): string => {
  const { host, pathname } = new URL(url);
  const all: Record<string, string> = {
    host,
    ...(token !== null && { authorization: `Bearer ${token}` }),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: `;
};

export const mirrorHeaders = ({ call, era }: Scenario, sessionId: string | null): Record<string, string> =>
  era === 'modern'
    ? {
        'mcp-protocol-version': VERSIONS.modern,
        'mcp-method': call,
        ...(call === 'tools/call' && { 'mcp-name': 'echo' }),
      }
    : { 'mcp-protocol-version': VERSIONS.legacy, ...(sessionId !== null && { 'mcp-session-id': sessionId }) };

export const requestOf = (head: string, body: string): string => `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const initializeBody = JSON.stringify({
  jsonrpc: '2.0',
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion: VERSIONS.legacy, capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } },
});
export const initializedBody = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

/** A legacy answer may come as one event of a stream. */
export const messageOf = (head: string, body: string): string => {
  if (!head.toLowerCase().includes('text/event-stream')) return body;
  const data = body.split(/\r?\n/).filter((line) => line.startsWith('data:') && line.length > 6);
  return data.map((line) => line.slice(5).trim()).at(-1) ?? '';
};

export const isEra = (era: Era, resultType: unknown): boolean =>
  era === 'modern' ? resultType === 'complete' : resultType === undefined;
