import { MCPServerStreamableHttp } from '@openai/agents';

const [url, token, tool, args] = process.argv.slice(2);
const requestInit = { headers: { authorization: `Bearer ${token}` } };
const server = new MCPServerStreamableHttp({ url, name: 'gateway', requestInit });
await server.connect();
const tools = await server.listTools();
const content = await server.callTool(tool, JSON.parse(args));
console.log(JSON.stringify({ names: tools.map(({ name }) => name), text: content[0].text }));
await server.close();
