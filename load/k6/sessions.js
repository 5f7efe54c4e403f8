// k6 run -e TOKEN=… -e TOOL=… load/k6/sessions.js: each client opens a session of 2025-11-25, calls ten times, ends it.
import { check } from 'k6';
import http from 'k6/http';
import { headers, url } from './options.js';

export { options } from './options.js';

const post = (message, more = {}) =>
  http.post(`${url}/mcp`, JSON.stringify({ jsonrpc: '2.0', ...message }), { headers: { ...headers, ...more } });

export default () => {
  const opened = post({
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'k6', version: '1' } },
  });
  const session = { 'MCP-Session-Id': opened.headers['Mcp-Session-Id'], 'MCP-Protocol-Version': '2025-11-25' };
  if (!check(opened, { 'a session': () => session['MCP-Session-Id'] !== undefined })) return;
  post({ method: 'notifications/initialized' }, session);
  const params = { name: __ENV.TOOL, arguments: JSON.parse(__ENV.ARGUMENTS || '{}') };
  for (let id = 1; id <= 10; id++) {
    const answer = post({ id, method: 'tools/call', params }, session);
    check(answer, { 'a result': () => answer.status === 200 && answer.body.includes('"result"') });
  }
  http.del(`${url}/mcp`, null, { headers: { ...headers, ...session } });
};
