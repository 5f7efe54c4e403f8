import { MODERN_REVISION } from '#libs/mcp';
import { VERSION } from '../build-info.js';

/** What `GET /version` answers; `app` is where clients of ContextForge look for it. */
export const versionOf = (services: readonly string[]) => ({
  name: 'switchyard',
  version: VERSION,
  services,
  node: process.version,
  app: { name: 'switchyard', version: VERSION, mcp_protocol_version: MODERN_REVISION },
});

/** What `GET /` answers: where to go on. */
export const GREETING = {
  name: 'switchyard',
  description: 'An MCP gateway: one URL for many MCP servers, in both protocol eras',
  version: VERSION,
  mcp: '/mcp',
  docs: '/docs',
  openapi: '/openapi.json',
};
