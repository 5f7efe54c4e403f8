import { type Era, type Scenario, VERSIONS } from '../scenario.js';

/** What a client of the newer era says of itself. */
export const META = {
  'io.modelcontextprotocol/protocolVersion': VERSIONS.modern,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
};

export const textOf = (id: number): string => `sample text number ${id}`;
/** Unlike the id, so that one cannot pass for the other. */
export const progressTokenOf = (id: number): string => `token-${id}`;

const methodOf = ({ work }: Scenario): string => (work === 'list' ? 'tools/list' : 'tools/call');

/** The body of one request; everything but the id is made once. */
export const bodyWriter = (scenario: Scenario, toolPrefix = ''): ((id: number) => string) => {
  const { work, era } = scenario;
  const meta = era === 'modern' ? JSON.stringify(META).slice(1, -1) : '';
  if (work === 'list') {
    const params = meta === '' ? '' : `"_meta":{${meta}}`;
    return (id) => `{"jsonrpc":"2.0","id":${id},"method":"tools/list","params":{${params}}}`;
  }
  const tailOf = (id: number): string => {
    const token = work === 'steps' ? `"progressToken":"${progressTokenOf(id)}"` : '';
    const members = [token, meta].filter((text) => text !== '').join(',');
    return members === '' ? '' : `,"_meta":{${members}}`;
  };
  const tail = work === 'steps' ? tailOf : () => sameTail;
  const sameTail = tailOf(0);
  return (id) =>
    `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${toolPrefix}${work}","arguments":{"text":"${textOf(id)}"}${tail(id)}}}`;
};

/** The request whose stream tells of changes. */
export const listenBody = (id: number): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":${JSON.stringify(META)}}}`;

/** What every request says besides its mirrors. */
export const plainHeaders = (token: string | null): Record<string, string> => ({
  ...(token !== null && { authorization: `Bearer ${token}` }),
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
});

/** The head up to the length of the body. */
export const headOf = (url: string, token: string | null, headers: Record<string, string>): string => {
  const { host, pathname } = new URL(url);
  const all = { host, ...plainHeaders(token), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `POST ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\ncontent-length: `;
};

export const modernMirrors = (method: string, name: string | null): Record<string, string> => ({
  'mcp-protocol-version': VERSIONS.modern,
  'mcp-method': method,
  ...(name !== null && { 'mcp-name': name }),
});

export const mirrorHeaders = (scenario: Scenario, sessionId: string | null, toolPrefix = ''): Record<string, string> =>
  scenario.era === 'modern'
    ? modernMirrors(methodOf(scenario), scenario.work === 'list' ? null : `${toolPrefix}${scenario.work}`)
    : { 'mcp-protocol-version': VERSIONS.legacy, ...(sessionId !== null && { 'mcp-session-id': sessionId }) };

export const requestOf = (head: string, body: string): string => `${head}${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const initializeBody = JSON.stringify({
  jsonrpc: '2.0',
  id: 'hello',
  method: 'initialize',
  params: { protocolVersion: VERSIONS.legacy, capabilities: {}, clientInfo: { name: 'bench', version: '1.0.0' } },
});
export const initializedBody = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });

const isStream = (head: string): boolean => head.toLowerCase().includes('content-type: text/event-stream');

/** The messages of an answer, in order: one, or those of a stream. Events without data (to resume from) are none. */
export const messagesOf = (head: string, body: string): readonly string[] => {
  if (!isStream(head)) return [body];
  const data = body.split(/\r?\n/).filter((line) => line.startsWith('data:') && line.length > 6);
  return data.map((line) => line.slice(5).trim());
};

export const isEra = (era: Era, resultType: unknown): boolean =>
  era === 'modern' ? resultType === 'complete' : resultType === undefined;
