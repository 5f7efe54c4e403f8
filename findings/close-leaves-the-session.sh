#!/usr/bin/env bash
# `close()` of the official TypeScript clients leaves their session open at the server.
#
# One would guess that closing a client ends what it opened. The specification says that a client that no longer needs a session
# SHOULD send DELETE. Seen after connect, one call and close:
#   @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0   no DELETE; `transport.terminateSession()` sends it
#   @ai-sdk/mcp 2.0.99, Python mcp 2.3.0                                    DELETE
# A server that counts sessions keeps those of the first two until it ends them itself.
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0

cat > server.mjs <<'EOF'
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const sessions = new Set();
const server = createServer(async (request, response) => {
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body && JSON.stringify(body));
  };
  if (request.url === '/open') {
    answer(200, { open: sessions.size });
    return sessions.clear();
  }
  if (request.method === 'DELETE') return answer(sessions.delete(request.headers['mcp-session-id']) ? 200 : 404);
  if (request.method !== 'POST') return answer(405);
  const { id, method } = JSON.parse((await request.toArray()).join(''));
  if (id === undefined) return answer(202);
  const result = (value, headers) => answer(200, { jsonrpc: '2.0', id, result: value }, headers);
  if (method === 'initialize') {
    const session = randomUUID();
    sessions.add(session);
    const serverInfo = { name: 'sessions', version: '1' };
    return result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }, { 'mcp-session-id': session });
  }
  if (method === 'tools/list') return result({ tools: [{ name: 'works', inputSchema: { type: 'object' } }] });
  if (method === 'tools/call') return result({ content: [{ type: 'text', text: 'done' }] });
  answer(200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } });
});
server.listen(0, '127.0.0.1', () => writeFileSync('url', `http://127.0.0.1:${server.address().port}/mcp`));
EOF
cat > sdk.mjs <<'EOF'
const version = process.argv[3];
const [{ Client }, { StreamableHTTPClientTransport }] =
  version === '1'
    ? await Promise.all([
        import('@modelcontextprotocol/sdk/client/index.js'),
        import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
      ])
    : await import('@modelcontextprotocol/client').then((module) => [module, module]);
const client = new Client({ name: 'finding', version: '1' });
const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]));
await client.connect(transport);
await client.callTool({ name: 'works' });
if (process.argv[4] === 'terminate') await transport.terminateSession();
await client.close();
EOF
cat > ai.mjs <<'EOF'
import { createMCPClient } from '@ai-sdk/mcp';

const client = await createMCPClient({ transport: { type: 'http', url: process.argv[2] } });
const { works } = await client.tools();
await works.execute({}, { toolCallId: '1', messages: [] });
await client.close();
EOF
cat > official.py <<'EOF'
import asyncio, sys
from mcp import Client

async def main():
    async with Client(sys.argv[1]) as client:
        await client.call_tool("works", {})

asyncio.run(main())
EOF

node server.mjs & server=$!
until [ -s url ]; do sleep 0.1; done
url=$(cat url)
after() { "${@:2}"; echo "$1: $(curl -s "${url%/mcp}/open")"; }
{
  after 'sdk 1' node sdk.mjs "$url" 1
  after 'sdk 2' node sdk.mjs "$url" 2
  after 'sdk 1, terminateSession' node sdk.mjs "$url" 1 terminate
  after 'sdk 2, terminateSession' node sdk.mjs "$url" 2 terminate
  after 'ai-sdk' node ai.mjs "$url"
  after 'python' python/bin/python official.py "$url"
} | tee seen
diff - seen <<'EOF' && echo 'as stated'
sdk 1: {"open":1}
sdk 2: {"open":1}
sdk 1, terminateSession: {"open":0}
sdk 2, terminateSession: {"open":0}
ai-sdk: {"open":0}
python: {"open":0}
EOF
