/** Where a request arrived: a virtual server, or (`serverId: null`) everything the caller may see. */
export interface Endpoint {
  readonly serverId: string | null;
  /** `rpc` is bare JSON-RPC: no session, no envelope, one JSON answer. */
  readonly face: 'mcp' | 'rpc';
}

const EVERYTHING: Endpoint = { serverId: null, face: 'mcp' };
const RPC: Endpoint = { serverId: null, face: 'rpc' };
/** A path of the transports that keep a connection open. */
export interface ConnectionPath {
  readonly face: 'sse' | 'message' | 'ws';
  readonly endpoint: Endpoint;
  /** The query parameter of a `message`. */
  readonly sessionId: string | null;
}

const CONNECTION = /^(?:\/servers\/([^/?]{1,128}))?\/(sse|message|ws)\/?(?:\?(.*))?$/;
const SERVER = /^\/servers\/([^/?]{1,128})\/mcp\/?$/;

/** `null` for a path that is not one of ours. An id that cannot be decoded stays as it is and is found nowhere. */
export const endpointOf = (url: string): Endpoint | null => {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (path === '/mcp' || path === '/mcp/') return EVERYTHING;
  if (path === '/rpc' || path === '/rpc/') return RPC;
  const id = path.startsWith('/servers/') ? SERVER.exec(path)?.[1] : undefined;
  return id === undefined ? null : serverEndpoint(id);
};

export const connectionPathOf = (url: string): ConnectionPath | null => {
  const [, id, face, query = ''] = CONNECTION.exec(url) ?? [];
  if (face === undefined) return null;
  return {
    face: face as ConnectionPath['face'],
    endpoint: id === undefined ? EVERYTHING : serverEndpoint(id),
    sessionId: new URLSearchParams(query).get('sessionId'),
  };
};

const serverEndpoint = (id: string): Endpoint => {
  try {
    return { serverId: decodeURIComponent(id), face: 'mcp' };
  } catch {
    return { serverId: id, face: 'mcp' };
  }
};
