/** Keys of `_meta` that belong to one hop: written fresh towards an upstream, never passed on from one. */
const META_PREFIX = 'io.modelcontextprotocol/';
export const META_PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion';
export const META_CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
export const META_CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
export const META_LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
export const META_SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
export const META_SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

const HOP_KEYS = new Set(['progressToken', 'traceparent', 'tracestate', 'baggage']);

/** What of a `_meta` travels on; `undefined` when nothing does. */
export const relayedMeta = (meta: unknown): Record<string, unknown> | undefined => {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) return undefined;
  let relayed: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(meta)) {
    if (key.startsWith(META_PREFIX) || HOP_KEYS.has(key) || key === '__proto__') continue;
    relayed ??= {};
    relayed[key] = value;
  }
  return relayed;
};
