/** The gateways that are recognised as upstreams. */
export const PEER_KINDS = ['switchyard', 'contextforge'] as const;

/** One of `PEER_KINDS`. */
export type PeerKind = (typeof PEER_KINDS)[number];

/** As each names itself unless somebody renames it; ContextForge by its transport, version and age. */
const NAMES: Readonly<Record<string, PeerKind>> = {
  switchyard: 'switchyard',
  ContextForge: 'contextforge',
  MCP_Gateway: 'contextforge',
  'mcp-streamable-http': 'contextforge',
};

/** Who may be told by calls which gateways they went through: upstreams that are recognised as gateways, or all. */
export const WAY_TO = ['peers', 'all'] as const;

/** One of `WAY_TO`. */
export type WayTo = (typeof WAY_TO)[number];

/** What kind of gateway an upstream is, by what it says of itself; null: none that is known. */
export const peerKindOf = ({ name }: Readonly<Record<string, unknown>>): PeerKind | null =>
  typeof name === 'string' && Object.hasOwn(NAMES, name) ? (NAMES[name] ?? null) : null;

/** Whether calls to an upstream say which gateways they went through. */
export const isToldWay = ({ serverInfo }: { serverInfo: Readonly<Record<string, unknown>> }, wayTo: WayTo): boolean =>
  wayTo === 'all' || peerKindOf(serverInfo) !== null;
