import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { VERSION } from '#libs/service';
import type { AdminApi } from '../../gateway/admin-api.js';

const PACKAGE = '@modelcontextprotocol/server-everything';
const VERSION_OF_PACKAGE = '2026.8.31';
const GATEWAY = 'everything';

/** Puts a real server behind the gateway and calls it as a client of each era would, with the token of one. */
export const runDemo = async (api: AdminApi, token: string, print: (line: string) => void): Promise<void> => {
  const { gateway, change } = await api.ensureGateway({
    name: GATEWAY,
    transport: 'STDIO',
    ...program(),
  });
  const state = change === 'unchanged' ? 'is registered already' : 'is registered';
  print(
    `\n${PACKAGE} ${state}: ${gateway.toolCount} tools, ${gateway.resourceCount} resources, ${gateway.promptCount} prompts`,
  );
  const tool = `${gateway.slug}-echo`;
  for (const era of ['legacy', 'modern'] as const) {
    const { revision, text, tookMs } = await callTool({ url: api.rest.url, token }, era, tool, {
      message: `hello from a ${era} client`,
    });
    print(`tools/call ${tool}, a client of ${revision}: ${JSON.stringify(text)} (${tookMs} ms)`);
  }
};

interface ToolAnswer {
  /** The protocol revision that client and gateway agreed on. */
  readonly revision: string;
  readonly text: string;
  readonly tookMs: number;
}

const MODES = { legacy: 'legacy', modern: { pin: '2026-07-28' } } as const;

/** One call by the official client, from connecting to closing. */
const callTool = async (
  { url, token }: { readonly url: string; readonly token: string },
  era: 'legacy' | 'modern',
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<ToolAnswer> => {
  const client = new Client(
    { name: 'switchyard-demo', version: VERSION },
    { versionNegotiation: { mode: MODES[era] } },
  );
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
  try {
    const startedAtMs = performance.now();
    const { content, isError } = await client.callTool({ name, arguments: args });
    const tookMs = Math.round(performance.now() - startedAtMs);
    const text = content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('');
    if (isError) throw new Error(`${name} answered with an error: ${text}`);
    return { revision: client.getNegotiatedProtocolVersion() ?? 'unknown', text, tookMs };
  } finally {
    await client.close();
  }
};

/** As it is installed beside us, as in a checkout; else npm brings it. */
const program = (): { readonly command: string; readonly args: readonly string[] } => {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
    return { command: process.execPath, args: [join(dirname(manifest), 'dist', 'index.js'), 'stdio'] };
  } catch {
    return { command: 'npx', args: ['-y', `${PACKAGE}@${VERSION_OF_PACKAGE}`, 'stdio'] };
  }
};
