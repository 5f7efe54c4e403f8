/** Keys of `_meta` that belong to one hop: written fresh towards an upstream, never passed on from one. */
const META_PREFIX = 'io.modelcontextprotocol/';
/** The revision that a request is written in. https://modelcontextprotocol.io/specification/2026-07-28/basic#meta */
export const META_PROTOCOL_VERSION = 'io.modelcontextprotocol/protocolVersion';
/** The Implementation of the client. */
export const META_CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
/** The ClientCapabilities of the client, for this request. */
export const META_CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
/** From which level on the request wants log messages. */
export const META_LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
/** The Implementation of the server, in a result. */
export const META_SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
/** The `subscriptions/listen` that a notification belongs to. */
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
