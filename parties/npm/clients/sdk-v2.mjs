import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [url, token, tool, args] = process.argv.slice(2);
const client = new Client({ name: 'party', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
const requestInit = { headers: { authorization: `Bearer ${token}` } };
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
const { tools } = await client.listTools();
const { content } = await client.callTool({ name: tool, arguments: JSON.parse(args) });
console.log(JSON.stringify({ names: tools.map(({ name }) => name), text: content[0].text }));
await client.close();
