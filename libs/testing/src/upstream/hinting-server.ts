// A server of 2026-07-28 over stdio that says what has changed as some do: without the id of a subscription.
import { createInterface } from 'node:readline';

const PREFIX = 'io.modelcontextprotocol';
const URI = 'hinting://state';
const CAPABILITIES = { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} };
const tools = new Set(['add', 'touch', 'burst', 'log', 'reads']);
let reads = 0;

interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: {
    readonly name?: string;
    readonly uri?: string;
    readonly notifications?: object;
    readonly arguments?: Record<string, unknown>;
  };
}

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const notify = (method: string, params: object = {}): void => send({ method: `notifications/${method}`, params });

const call = (name: string, args: Record<string, unknown>): void => {
  const foreign = args['foreign'] === true ? { _meta: { [`${PREFIX}/subscriptionId`]: 'of another' } } : {};
  if (name === 'add') tools.add(String(args['name']));
  if (name === 'add') notify('tools/list_changed', foreign);
  if (name === 'touch') notify('resources/updated', { uri: URI, ...foreign });
  if (name === 'burst') for (let n = 0; n < 500; n++) notify('tools/list_changed');
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params = {} } = JSON.parse(line) as Message;
  if (id === undefined) return;
  const answer = (result: object): void => send({ id, result: { resultType: 'complete', ...result } });
  const cached = { ttlMs: 0, cacheScope: 'private' };
  switch (method) {
    case 'server/discover':
      return answer({ supportedVersions: ['2026-07-28'], capabilities: CAPABILITIES, ...cached });
    case 'tools/list':
      reads++;
      return answer({ tools: [...tools].map((name) => ({ name, inputSchema: { type: 'object' } })), ...cached });
    case 'resources/list':
      return answer({ resources: [{ uri: URI, name: 'state' }], ...cached });
    case 'resources/templates/list':
      return answer({ resourceTemplates: [], ...cached });
    case 'subscriptions/listen':
      return notify('subscriptions/acknowledged', {
        _meta: { [`${PREFIX}/subscriptionId`]: id },
        notifications: params.notifications,
      });
    case 'tools/call': {
      const { name = '', arguments: args = {} } = params;
      call(name, args);
      answer({ content: [{ type: 'text', text: name === 'reads' ? `${reads}` : name }] });
      if (name === 'log') notify('message', { level: 'info', data: args['text'] });
      return;
    }
    default:
      send({ id, error: { code: -32601, message: 'Method not found' } });
  }
});
