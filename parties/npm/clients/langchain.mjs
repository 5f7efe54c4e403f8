import { MultiServerMCPClient } from '@langchain/mcp-adapters';

const [url, token, tool, args] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const client = new MultiServerMCPClient({ mcpServers: { gateway: { transport: 'http', url, headers } } });
const tools = await client.getTools();
const text = await tools.find(({ name }) => name === tool).invoke(JSON.parse(args));
console.log(JSON.stringify({ names: tools.map(({ name }) => name), text }));
await client.close();
