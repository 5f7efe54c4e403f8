import { createMCPClient } from '@ai-sdk/mcp';

const [url, token, tool, args] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };
const client = await createMCPClient({ transport: { type: 'http', url, headers } });
const tools = await client.tools();
const { content } = await tools[tool].execute(JSON.parse(args), { messages: [], toolCallId: '1' });
console.log(JSON.stringify({ names: Object.keys(tools), text: content[0].text }));
await client.close();
