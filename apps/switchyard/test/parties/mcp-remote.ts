import { createRequire } from 'node:module';
import path from 'node:path';
import type { Party, Target } from './party.js';
import { sdkV1OverStdio } from './sdk-v1.js';

const manifest = createRequire(import.meta.url).resolve('mcp-remote/package.json');
const PROXY = path.join(path.dirname(manifest), 'dist/proxy.js');

/** How clients that speak only stdio reach a server over HTTP. */
export const mcpRemote = ({ url, token, home }: Target): Promise<Party> =>
  sdkV1OverStdio(
    [PROXY, url, '--allow-http', '--transport', 'http-only', '--header', `Authorization: Bearer ${token}`],
    { HOME: home, MCP_REMOTE_CONFIG_DIR: path.join(home, 'mcp-remote') },
  );
