#!/usr/bin/env bash
# Most clients go on with a session that the server has said is gone, until the program that uses them is started again.
#
# "When a client receives HTTP 404 in response to a request containing an MCP-Session-Id, it MUST start a new session by
# sending a new InitializeRequest" (revision 2025-11-25, Streamable HTTP). A server forgets its sessions, as one does that is
# started again; each client then calls a tool twice. Seen:
#   mcp-remote 0.15.1                                        initializes and repeats the call: both calls work
#   mcporter 0.12.3                                          the first call fails, the second initializes
#   @modelcontextprotocol/sdk 1.32.2, .../client 2.4.0,
#   @ai-sdk/mcp 2.0.99, @mastra/mcp 2.0.0,
#   @openai/agents 0.20.0, Python mcp 2.3.0, fastmcp 4.2.3   every call fails; none is sent without the dead session
set -euo pipefail
for program in node npm python3 curl; do command -v "$program" >/dev/null || { echo "needs $program"; exit 2; }; done
folder=$(mktemp -d); trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT; cd "$folder"
echo '{"type":"module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 \
  @ai-sdk/mcp@2.0.99 @mastra/mcp@2.0.0 @openai/agents@0.20.0 mcp-remote@0.15.1 mcporter@0.12.3
python3 -m venv python && python/bin/pip install --quiet --disable-pip-version-check mcp==2.3.0 fastmcp==4.2.3

cat > server.mjs <<'EOF'
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

let [live, opened, afterwards] = [null, 0, []];
const server = createServer(async (request, response) => {
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body && JSON.stringify(body));
  };
  if (request.url === '/forget') [live, afterwards] = [null, []];
  if (request.url !== '/mcp') return answer(200, afterwards);
  if (request.method !== 'POST') return answer(405);
  const { id, method } = JSON.parse((await request.toArray()).join(''));
  const result = (value, headers) => answer(200, { jsonrpc: '2.0', id, result: value }, headers);
  const error = (status, code, message) => answer(status, { jsonrpc: '2.0', id, error: { code, message } });
  if (method === 'initialize' || method === 'tools/call') afterwards.push(method);
  if (method === 'initialize') {
    live = `session-${++opened}`;
    const serverInfo = { name: 'forgetful', version: '1' };
    return result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }, { 'mcp-session-id': live });
  }
  if (method === 'server/discover') return error(200, -32601, 'Method not found');
  if (request.headers['mcp-session-id'] !== live) return error(404, -32001, 'Session not found');
  if (id === undefined) return answer(202);
  if (method === 'tools/list') return result({ tools: [{ name: 'works', inputSchema: { type: 'object' } }] });
  if (method === 'tools/call') return result({ content: [{ type: 'text', text: 'done' }] });
  error(200, -32601, 'Method not found');
});
server.listen(0, '127.0.0.1', () => writeFileSync('url', `http://127.0.0.1:${server.address().port}/mcp`));
EOF
cat > client.mjs <<'EOF'
const [, , name, url] = process.argv;
const clientInfo = { name: 'finding', version: '1' };
const at = new URL(url);
const clients = {
  async sdk1() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client(clientInfo);
    await client.connect(new StreamableHTTPClientTransport(at));
    return () => client.callTool({ name: 'works' });
  },
  async sdk2() {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client(clientInfo);
    await client.connect(new StreamableHTTPClientTransport(at));
    return () => client.callTool({ name: 'works' });
  },
  async 'ai-sdk'() {
    const { createMCPClient } = await import('@ai-sdk/mcp');
    const { works } = await (await createMCPClient({ transport: { type: 'http', url } })).tools();
    return () => works.execute({}, { toolCallId: '1', messages: [] });
  },
  async mastra() {
    const { MCPClient } = await import('@mastra/mcp');
    const [tool] = Object.values(await new MCPClient({ servers: { server: { url: at } } }).listTools());
    return () => tool.execute({}, {});
  },
  async openai() {
    const { MCPServerStreamableHttp } = await import('@openai/agents');
    const server = new MCPServerStreamableHttp({ url, name: 'server' });
    await server.connect();
    await server.listTools();
    return () => server.callTool('works', {});
  },
  async mcporter() {
    const { createRuntime } = await import('mcporter');
    const runtime = await createRuntime({ servers: [{ name: 'server', command: { kind: 'http', url: at } }] });
    return () => runtime.callTool('server', 'works', { args: {} });
  },
  async 'mcp-remote'() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const client = new Client(clientInfo);
    const bridge = { command: 'node_modules/.bin/mcp-remote', args: [url, '--allow-http'], stderr: 'ignore' };
    const transport = new StdioClientTransport(bridge);
    await client.connect(transport);
    process.on('exit', () => process.kill(transport.pid));
    return () => client.callTool({ name: 'works' });
  },
};
const call = await clients[name]();
await call();
await fetch(new URL('/forget', url));
const outcome = async () => call().then(() => 'works', () => 'fails');
const seen = [await outcome(), await outcome()];
process.stdout.write(`${name}: ${seen}; ${await (await fetch(new URL('/seen', url))).text()}\n`, () => process.exit());
EOF
cat > client.py <<'EOF'
import asyncio, importlib, sys, urllib.request
name, url = sys.argv[1:]

async def get(path):
    return await asyncio.to_thread(lambda: urllib.request.urlopen(url.replace("/mcp", path)).read().decode())

async def main():
    async with importlib.import_module(name).Client(url) as client:
        async def outcome():
            try:
                await client.call_tool("works", {})
                return "works"
            except Exception:
                return "fails"
        await outcome()
        await get("/forget")
        seen = [await outcome(), await outcome()]
        print(f"{name}: {','.join(seen)}; {await get('/seen')}")

asyncio.run(main())
EOF

node server.mjs & server=$!
until [ -s url ]; do sleep 0.1; done
url=$(cat url)
{
  for client in mcp-remote mcporter sdk1 sdk2 ai-sdk mastra openai; do node client.mjs "$client" "$url" 2>/dev/null | grep "^$client"; done
  for client in mcp fastmcp; do python/bin/python client.py "$client" "$url" 2>/dev/null; done
} | tee seen
diff - seen <<'EOF' && echo 'as stated'
mcp-remote: works,works; ["tools/call","initialize","tools/call","tools/call"]
mcporter: fails,works; ["tools/call","initialize","tools/call"]
sdk1: fails,fails; ["tools/call","tools/call"]
sdk2: fails,fails; ["tools/call","tools/call"]
ai-sdk: fails,fails; ["tools/call","tools/call"]
mastra: fails,fails; ["tools/call","tools/call"]
openai: fails,fails; ["tools/call","tools/call"]
mcp: fails,fails; ["tools/call","tools/call"]
fastmcp: fails,fails; ["tools/call","tools/call"]
EOF
