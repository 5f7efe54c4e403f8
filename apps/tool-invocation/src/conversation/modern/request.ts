import { META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_PROTOCOL_VERSION, MODERN_REVISION } from '#libs/mcp';
import { CLIENT_INFO } from '../client-info.js';

/** The headers of every request to a 2026-07-28 upstream. */
export const modernHeaders = (method: string): string[] => [
  'mcp-protocol-version',
  MODERN_REVISION,
  'mcp-method',
  method,
];

/** What every request to one says in its `_meta`. */
export const modernMeta = (capabilities: object): Record<string, unknown> => ({
  [META_PROTOCOL_VERSION]: MODERN_REVISION,
  [META_CLIENT_INFO]: CLIENT_INFO,
  [META_CLIENT_CAPABILITIES]: capabilities,
});
