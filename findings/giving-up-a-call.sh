#!/usr/bin/env bash
# Who gives up a call says so in one of two ways, and a server that heeds only one goes on working for nobody.
#
# Revision 2025-11-25: "Disconnection SHOULD NOT be interpreted as the client cancelling its request. To cancel, the client
# SHOULD explicitly send an MCP CancelledNotification." One would guess that a client sends that notification and lets go of
# the request. A tool answers after 3 s; each client gives up after 1 s. Seen:
#   @modelcontextprotocol/sdk 1.32.2, .../client 2.4.0,
#   @openai/agents 0.20.0, Python mcp 2.3.0, fastmcp 4.2.3   send the notification, and keep the request open till its answer
#   @ai-sdk/mcp 2.0.99                                       sends none; closes the connection
# So for the first kind a server that answers nothing after the notification, as it may, has to end the response itself, and
# for the second a server that follows the sentence above never learns that the call was given up.
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 \
  @ai-sdk/mcp@2.0.99 @openai/agents@0.20.0
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0 fastmcp==4.2.3

cat > server.mjs <<'EOF'
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

let seen = [];
let over = Promise.withResolvers();
const server = createServer(async (request, response) => {
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body && JSON.stringify(body));
  };
  if (request.url === '/seen') {
    await over.promise;
    over = Promise.withResolvers();
    return answer(200, seen.splice(0));
  }
  if (request.method !== 'POST') return answer(405);
  const { id, method } = JSON.parse((await request.toArray()).join(''));
  const result = (value, headers) => answer(200, { jsonrpc: '2.0', id, result: value }, headers);
  if (method === 'notifications/cancelled') seen.push('cancelled');
  if (id === undefined) return answer(202);
  if (method === 'initialize') {
    const serverInfo = { name: 'slow', version: '1' };
    return result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }, { 'mcp-session-id': 'one' });
  }
  if (method === 'tools/list') return result({ tools: [{ name: 'slow', inputSchema: { type: 'object' } }] });
  if (method !== 'tools/call') {
    return answer(200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } });
  }
  const timer = setTimeout(() => result({ content: [{ type: 'text', text: 'done' }] }), 3_000);
  await once(response, 'close');
  clearTimeout(timer);
  seen.push(response.writableFinished ? 'answered' : 'closed');
  over.resolve();
});
server.listen(0, '127.0.0.1', () => writeFileSync('url', `http://127.0.0.1:${server.address().port}/mcp`));
EOF
cat > client.mjs <<'EOF'
const [, , name, url] = process.argv;
const clientInfo = { name: 'finding', version: '1' };
const clients = {
  async sdk1() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client(clientInfo);
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return (signal) => client.callTool({ name: 'slow' }, undefined, { signal });
  },
  async sdk2() {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client(clientInfo);
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return (signal) => client.callTool({ name: 'slow' }, { signal });
  },
  async openai() {
    const { MCPServerStreamableHttp } = await import('@openai/agents');
    const server = new MCPServerStreamableHttp({ url, name: 'server', timeout: 1_000 });
    await server.connect();
    await server.listTools();
    return () => server.callTool('slow', {});
  },
  async 'ai-sdk'() {
    const { createMCPClient } = await import('@ai-sdk/mcp');
    const { slow } = await (await createMCPClient({ transport: { type: 'http', url } })).tools();
    return (abortSignal) => slow.execute({}, { toolCallId: '1', messages: [], abortSignal });
  },
};
const call = await clients[name]();
const outcome = await call(AbortSignal.timeout(1_000)).then(() => 'got a result', () => 'gave up');
const seen = await (await fetch(new URL('/seen', url))).text();
process.stdout.write(`${name} ${outcome}; ${seen}\n`, () => process.exit());
EOF
cat > client.py <<'EOF'
import asyncio, importlib, sys, urllib.request
name, url = sys.argv[1:]

async def main():
    async with importlib.import_module(name).Client(url) as client:
        try:
            await asyncio.wait_for(client.call_tool("slow", {}), 1)
            outcome = "got a result"
        except TimeoutError:
            outcome = "gave up"
        seen = await asyncio.to_thread(lambda: urllib.request.urlopen(url.replace("/mcp", "/seen")).read().decode())
        print(f"{name} {outcome}; {seen}")

asyncio.run(main())
EOF

node server.mjs & server=$!
until [ -s url ]; do sleep 0.1; done
url=$(cat url)
{
  for client in sdk1 sdk2 openai ai-sdk; do node client.mjs "$client" "$url" 2>/dev/null; done
  for client in mcp fastmcp; do python/bin/python client.py "$client" "$url" 2>/dev/null; done
} | tee seen
diff - seen <<'EOF' && echo 'as stated'
sdk1 gave up; ["cancelled","answered"]
sdk2 gave up; ["cancelled","answered"]
openai gave up; ["cancelled","answered"]
ai-sdk gave up; ["closed"]
mcp gave up; ["cancelled","answered"]
fastmcp gave up; ["cancelled","answered"]
EOF
