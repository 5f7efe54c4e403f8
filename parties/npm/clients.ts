import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientParty } from '../party.js';

const SCRIPTS = fileURLToPath(new URL('../../../parties/npm/clients/', import.meta.url));

/** Each has a script of its own here, which is run where its package was installed. */
const clientOf = (name: string, script: string, source: string): ClientParty => ({
  name,
  source,
  launch: (folder, home, { url, token }, { tool, args }) => {
    const copy = path.join(folder, script);
    fs.copyFileSync(path.join(SCRIPTS, script), copy);
    return { command: process.execPath, args: [copy, url, token, tool, JSON.stringify(args)], env: { HOME: home } };
  },
});

/** Clients from npm that can be pointed at a URL with a token. */
export const npmClients: readonly ClientParty[] = [
  clientOf('SDK, version 1', 'sdk-v1.mjs', '@modelcontextprotocol/sdk@1.32.2'),
  clientOf('SDK, version 2', 'sdk-v2.mjs', '@modelcontextprotocol/client@2.4.0'),
  clientOf('mcp-remote', 'mcp-remote.mjs', 'mcp-remote@0.15.1 @modelcontextprotocol/sdk@1.32.2'),
  clientOf('AI SDK', 'ai-sdk.mjs', '@ai-sdk/mcp@2.0.99'),
  clientOf('Mastra', 'mastra.mjs', '@mastra/mcp@2.0.0 @mastra/core@1.71.0'),
  clientOf('OpenAI Agents', 'openai-agents.mjs', '@openai/agents@0.20.0'),
  clientOf(
    'LangChain',
    'langchain.mjs',
    '@langchain/mcp-adapters@1.1.4 @langchain/core@1.4.0 @langchain/langgraph@1.4.10',
  ),
  clientOf('mcporter', 'mcporter.mjs', 'mcporter@0.12.3'),
];
