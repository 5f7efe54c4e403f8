import { createRequire } from 'node:module';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const [url, token, tool, args] = process.argv.slice(2);
const proxy = path.join(
  path.dirname(createRequire(import.meta.url).resolve('mcp-remote/package.json')),
  'dist/proxy.js',
);
const client = new Client({ name: 'party', version: '1.0.0' });
await client.connect(
  new StdioClientTransport({
    command: process.execPath,
    args: [proxy, url, '--allow-http', '--transport', 'http-only', '--header', `Authorization: Bearer ${token}`],
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stderr: 'ignore',
  }),
);
const { tools } = await client.listTools();
const { content } = await client.callTool({ name: tool, arguments: JSON.parse(args) });
console.log(JSON.stringify({ names: tools.map(({ name }) => name), text: content[0].text }));
await client.close();
