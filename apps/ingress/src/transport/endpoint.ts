/** Where a request arrived: a virtual server, or (`serverId: null`) everything the caller may see. */
export interface Endpoint {
  readonly serverId: string | null;
  /** `rpc` is bare JSON-RPC: no session, no envelope, one JSON answer. */
  readonly face: 'mcp' | 'rpc';
}

const EVERYTHING: Endpoint = { serverId: null, face: 'mcp' };
const RPC: Endpoint = { serverId: null, face: 'rpc' };
const SERVER = /^\/servers\/([^/?]{1,128})\/mcp\/?$/;

/** `null` for a path that is not one of ours. An id that cannot be decoded stays as it is and is found nowhere. */
export const endpointOf = (url: string): Endpoint | null => {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (path === '/mcp' || path === '/mcp/') return EVERYTHING;
  if (path === '/rpc' || path === '/rpc/') return RPC;
  const id = path.startsWith('/servers/') ? SERVER.exec(path)?.[1] : undefined;
  if (id === undefined) return null;
  try {
    return { serverId: decodeURIComponent(id), face: 'mcp' };
  } catch {
    return { serverId: id, face: 'mcp' };
  }
};
