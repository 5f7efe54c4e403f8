import { MCPClient } from '@mastra/mcp';

const [url, token, tool, args] = process.argv.slice(2);
const requestInit = { headers: { authorization: `Bearer ${token}` } };
const client = new MCPClient({ servers: { gateway: { url: new URL(url), requestInit } } });
// It puts the name that it gave the server before each tool.
const tools = await client.listTools();
const result = await tools[`gateway_${tool}`].execute(JSON.parse(args), {});
console.log(
  JSON.stringify({
    names: Object.keys(tools).map((name) => name.replace(/^gateway_/, '')),
    text: result.content?.[0].text ?? JSON.stringify(result),
  }),
);
await client.disconnect();
