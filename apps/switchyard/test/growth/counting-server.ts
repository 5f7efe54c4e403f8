// A server on stdin and stdout whose tool says which process it is and how often it has been called.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';

/** In sandboxes of their own all have the same process id. */
const self = randomUUID();
let calls = 0;

const resultOf = (method: string): object => {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        serverInfo: { name: 'counting-server', version: '1.0.0' },
      };
    case 'tools/list':
      return { tools: [{ name: 'count', inputSchema: { type: 'object' } }] };
    case 'tools/call':
      calls++;
      return { content: [{ type: 'text', text: `${self} ${calls}` }] };
    default:
      return {};
  }
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method } = JSON.parse(line) as { id?: number; method: string };
  if (id === undefined) return;
  // Of an era before `server/discover`, and says so.
  const error = method === 'server/discover' ? { error: { code: -32601, message: 'Method not found' } } : null;
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...(error ?? { result: resultOf(method) }) })}\n`);
});
