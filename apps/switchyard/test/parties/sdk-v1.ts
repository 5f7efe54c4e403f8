import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Party } from './party.js';
import { connected } from './sdk-v1-http.js';

/** The client of the official SDK, version 1, over stdio, with a server of one's own. */
export const sdkV1OverStdio = (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  canBeAsked = true,
): Promise<Party> => {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return connected(
    new StdioClientTransport({
      command: process.execPath,
      args: [...args],
      env: { PATH, NODE_COMPILE_CACHE, ...env },
      stderr: 'ignore',
    }),
    canBeAsked,
  );
};
