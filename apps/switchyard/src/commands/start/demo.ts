import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AdminApi } from '../../gateway/admin-api.js';
import { callTool } from './call-tool.js';

const PACKAGE = '@modelcontextprotocol/server-everything';
const GATEWAY = 'everything';

/** Puts a real server behind the gateway and calls it as a client of each era would, with the token of one. */
export const runDemo = async (api: AdminApi, token: string, print: (line: string) => void): Promise<void> => {
  const { gateway, change } = await api.ensureGateway({
    name: GATEWAY,
    transport: 'STDIO',
    command: process.execPath,
    args: [programPath(), 'stdio'],
  });
  const state = change === 'unchanged' ? 'is registered already' : 'is registered';
  print(
    `\n${PACKAGE} ${state}: ${gateway.toolCount} tools, ${gateway.resourceCount} resources, ${gateway.promptCount} prompts`,
  );
  const tool = `${gateway.slug}-echo`;
  for (const era of ['legacy', 'modern'] as const) {
    const { revision, text, tookMs } = await callTool({ url: api.url, token }, era, tool, {
      message: `hello from a ${era} client`,
    });
    print(`tools/call ${tool}, a client of ${revision}: ${JSON.stringify(text)} (${tookMs} ms)`);
  }
};

const programPath = (): string => {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`)), 'dist', 'index.js');
  } catch {
    throw new Error(`--demo needs the package ${PACKAGE}: run "npm ci" with the development dependencies`);
  }
};
