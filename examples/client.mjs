// An MCP client in one file: lists the tools at a URL and calls one of them.
//   SWITCHYARD_TOKEN=… node examples/client.mjs http://127.0.0.1:4444/mcp [TOOL [ARGUMENTS]]
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url = 'http://127.0.0.1:4444/mcp', tool, args = '{}'] = process.argv.slice(2);
const token = process.env.SWITCHYARD_TOKEN;

const client = new Client({ name: 'example', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
try {
  console.log(`connected in revision ${client.getNegotiatedProtocolVersion()}`);
  const { tools } = await client.listTools();
  for (const { name, description } of tools) console.log(`  ${name}: ${description}`);
  if (tool !== undefined) {
    const { content, isError } = await client.callTool({ name: tool, arguments: JSON.parse(args) });
    for (const part of content) console.log(part.type === 'text' ? part.text : `[${part.type}]`);
    if (isError) process.exitCode = 1;
  }
} finally {
  await client.close();
}
