#!/usr/bin/env bash
# Python clients lose the result of a call that went well when the list of tools, asked for behind it, fails.
#
# One would guess that `call_tool` sends one request. mcp 2.3.0 and fastmcp 4.2.3 send `tools/list` after the first result of a
# tool whose definition they have not read, to check `structuredContent` against its `outputSchema`, also where the result has
# none. If that list is an error, `call_tool` raises it: the tool ran, its result is gone, and who repeats the call runs it twice.
# A result with `isError` is not followed by a list. The same call by @modelcontextprotocol/sdk 1.32.2 is one request.
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0 fastmcp==4.2.3

cat > server.mjs <<'EOF'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

let seen = [];
const server = createServer(async (request, response) => {
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body && JSON.stringify(body));
  };
  if (request.url === '/seen') return answer(200, seen.splice(0));
  if (request.method !== 'POST') return answer(405);
  const { id, method, params } = JSON.parse((await request.toArray()).join(''));
  if (id === undefined) return answer(202);
  const result = (value) => answer(200, { jsonrpc: '2.0', id, result: value });
  const error = (code, message) => answer(200, { jsonrpc: '2.0', id, error: { code, message } });
  if (method === 'initialize') {
    return result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'busy', version: '1' } });
  }
  if (method.startsWith('tools/')) seen.push(params?.name ?? method);
  if (method === 'tools/list') return error(-32603, 'no list now');
  if (method !== 'tools/call') return error(-32601, 'Method not found');
  result({ content: [{ type: 'text', text: 'done' }], isError: params.name === 'fails' });
});
server.listen(0, '127.0.0.1', () => writeFileSync('url', `http://127.0.0.1:${server.address().port}/mcp`));
EOF
cat > official.py <<'EOF'
import asyncio, sys
from mcp import Client

async def main():
    async with Client(sys.argv[1]) as client:
        for name in ("fails", "works"):
            try:
                print("mcp", name, (await client.call_tool(name, {})).content[0].text)
            except Exception as error:
                print("mcp", name, type(error).__name__, error)

asyncio.run(main())
EOF
cat > fast.py <<'EOF'
import asyncio, sys
from fastmcp import Client

async def main():
    async with Client(sys.argv[1]) as client:
        for name in ("fails", "works"):
            try:
                print("fastmcp", name, (await client.call_tool(name, {}, raise_on_error=False)).content[0].text)
            except Exception as error:
                print("fastmcp", name, type(error).__name__, error)

asyncio.run(main())
EOF
cat > sdk1.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const client = new Client({ name: 'finding', version: '1' });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
for (const name of ['fails', 'works']) console.log('sdk', name, (await client.callTool({ name })).content[0].text);
await client.close();
EOF

node server.mjs & server=$!
until [ -s url ]; do sleep 0.1; done
url=$(cat url)
for client in 'python/bin/python official.py' 'python/bin/python fast.py' 'node sdk1.mjs'; do
  $client "$url" 2>/dev/null; curl -s "${url%/mcp}/seen"; echo
done | tee seen
diff - seen <<'EOF' && echo 'as stated'
mcp fails done
mcp works MCPError no list now
["fails","works","tools/list"]
fastmcp fails done
fastmcp works MCPError no list now
["fails","works","tools/list"]
sdk fails done
sdk works done
["fails","works"]
EOF
