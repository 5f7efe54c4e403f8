import { createInterface } from 'node:readline';
import { VERSIONS } from '../scenario.js';

// A server over stdio with the one tool that is called, for peers that stand before programs alone.
const TOOL = { name: 'echo', description: 'Says what it is told', inputSchema: { type: 'object' } };

const resultOf = (method: string, args: { readonly text?: unknown } | undefined): object | null => {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: VERSIONS.legacy,
        capabilities: { tools: {} },
        serverInfo: { name: 'fast-upstream', version: '1.0.0' },
      };
    case 'tools/list':
      return { tools: [TOOL] };
    case 'tools/call':
      return { content: [{ type: 'text', text: args?.text ?? '' }] };
    case 'ping':
      return {};
    default:
      return null;
  }
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line) as {
    id?: string | number;
    method: string;
    params?: { arguments?: { text?: unknown } };
  };
  if (id === undefined) return;
  const result = resultOf(method, params?.arguments);
  const answer = result === null ? { error: { code: -32601, message: 'Method not found' } } : { result };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n`);
});
