// k6 run -e TOKEN=… -e TOOL=… [-e ARGUMENTS='{…}'] load/k6/calls.js: tools/call over /mcp, without a session.
import { check } from 'k6';
import http from 'k6/http';
import { headers, url } from './options.js';

export { options } from './options.js';

const name = __ENV.TOOL;
const params = {
  name,
  arguments: JSON.parse(__ENV.ARGUMENTS || '{}'),
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'k6', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
const modern = { ...headers, 'MCP-Protocol-Version': '2026-07-28', 'MCP-Method': 'tools/call', 'MCP-Name': name };

export default () => {
  const response = http.post(`${url}/mcp`, body, { headers: modern });
  check(response, { 'a result': (answer) => answer.status === 200 && answer.body.includes('"result"') });
};
