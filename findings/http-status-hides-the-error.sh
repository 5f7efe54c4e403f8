#!/usr/bin/env bash
# A JSON-RPC error in the body of an HTTP error reaches the program as that error in some clients, and as raw text in others.
#
# A server refuses `tools/call` with 429, `Retry-After: 1`, and a JSON-RPC error that carries the id of the request. One would
# guess that a client raises that error (code -32000 and its `data`), or waits and tries again. Seen:
#   @modelcontextprotocol/sdk 1.32.2      an HTTP error, code 429; the JSON-RPC error is text within its message
#   @modelcontextprotocol/client 2.4.0    an HTTP error, code CLIENT_HTTP_NOT_IMPLEMENTED; likewise
#   @ai-sdk/mcp 2.0.99                    the JSON-RPC error with its code and message
#   Python fastmcp 4.2.3                  the JSON-RPC error with its code, message and data
# None reads `Retry-After`, none tries again.
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check fastmcp==4.2.3

cat > server.mjs <<'EOF'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

let calls = 0;
const server = createServer(async (request, response) => {
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body && JSON.stringify({ jsonrpc: '2.0', ...body }));
  };
  if (request.url === '/calls') return answer(200, { calls });
  if (request.method !== 'POST') return answer(405);
  const { id, method } = JSON.parse((await request.toArray()).join(''));
  if (id === undefined) return answer(202);
  if (method === 'initialize') {
    const serverInfo = { name: 'limited', version: '1' };
    return answer(200, { id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo } });
  }
  if (method === 'tools/list') {
    return answer(200, { id, result: { tools: [{ name: 'limited', inputSchema: { type: 'object' } }] } });
  }
  if (method !== 'tools/call') return answer(200, { id, error: { code: -32601, message: 'Method not found' } });
  calls += 1;
  answer(429, { id, error: { code: -32000, message: 'Nothing ran', data: { limit: 'rate' } } }, { 'retry-after': '1' });
});
server.listen(0, '127.0.0.1', () => writeFileSync('url', `http://127.0.0.1:${server.address().port}/mcp`));
EOF
cat > sdk1.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const client = new Client({ name: 'finding', version: '1' });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
await client.callTool({ name: 'limited' }).catch((error) => console.log(error.constructor.name, error.code, error.message));
await client.close();
EOF
cat > sdk2.mjs <<'EOF'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const client = new Client({ name: 'finding', version: '1' });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
await client.callTool({ name: 'limited' }).catch((error) => console.log(error.constructor.name, error.code, error.message));
await client.close();
EOF
cat > ai.mjs <<'EOF'
import { createMCPClient } from '@ai-sdk/mcp';

const client = await createMCPClient({ transport: { type: 'http', url: process.argv[2] } });
const { limited } = await client.tools();
await limited.execute({}, { toolCallId: '1', messages: [] }).catch((error) => console.log(error.constructor.name, error.code, error.message));
await client.close();
EOF
cat > fast.py <<'EOF'
import asyncio, sys
from fastmcp import Client

async def main():
    async with Client(sys.argv[1]) as client:
        try:
            await client.call_tool("limited", {})
        except Exception as error:
            print(type(error).__name__, error.error.code, error.error.message, error.error.data)

asyncio.run(main())
EOF

node server.mjs & server=$!
until [ -s url ]; do sleep 0.1; done
url=$(cat url)
{
  node sdk1.mjs "$url"; node sdk2.mjs "$url"; node ai.mjs "$url"; python/bin/python fast.py "$url" 2>/dev/null
  curl -s "${url%/mcp}/calls"; echo
} | tee seen
raw='Error POSTing to endpoint: {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Nothing ran","data":{"limit":"rate"}}}'
diff - seen <<EOF && echo 'as stated'
StreamableHTTPError 429 Streamable HTTP error: $raw
SdkHttpError CLIENT_HTTP_NOT_IMPLEMENTED $raw
MCPClientError -32000 Nothing ran
MCPError -32000 Nothing ran {'limit': 'rate'}
{"jsonrpc":"2.0","calls":4}
EOF
