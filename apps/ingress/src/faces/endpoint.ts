import type { Endpoint } from '../call/index.js';

/** A path of the protocols that keep a connection open. */
export interface ConnectionPath {
  readonly kind: 'sse' | 'message' | 'ws';
  readonly endpoint: Endpoint;
  /** The query parameter of a `message`. */
  readonly sessionId: string | null;
}

const EVERYTHING: Endpoint = { serverId: null };
const CONNECTION = /^(?:\/servers\/([^/?]{1,128}))?\/(sse|message|ws)\/?(?:\?(.*))?$/;
const SERVER = /^\/servers\/([^/?]{1,128})\/(mcp|rpc)\/?$/;

const pathOf = (url: string): string => {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};

/** Those that were asked for last, by URL: clients ask for the same ones again and again. */
const known = new Map<string, Endpoint>();
const KNOWN_MAX = 256;
const KNOWN_URL_CHARS_MAX = 256;

/** `null` for a path of no MCP endpoint. An id that cannot be decoded stays as it is and is found nowhere. */
export const mcpEndpointOf = (url: string): Endpoint | null => {
  const found = known.get(url);
  if (found !== undefined) return found;
  const endpoint = readMcpEndpoint(url);
  if (endpoint === null || url.length > KNOWN_URL_CHARS_MAX) return endpoint;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(url, endpoint);
  return endpoint;
};

const readMcpEndpoint = (url: string): Endpoint | null => endpointAt(pathOf(url), 'mcp');

const endpointAt = (path: string, kind: 'mcp' | 'rpc'): Endpoint | null => {
  if (path === `/${kind}` || path === `/${kind}/`) return EVERYTHING;
  const [, id, found] = (path.startsWith('/servers/') && SERVER.exec(path)) || [];
  return id === undefined || found !== kind ? null : serverEndpoint(id);
};

/** The endpoint of bare JSON-RPC, or `null`. What is posted to the root is for it too, as at ContextForge. */
export const rpcEndpointOf = (url: string, method?: string): Endpoint | null => {
  const path = pathOf(url);
  return path === '/' && method === 'POST' ? EVERYTHING : endpointAt(path, 'rpc');
};

export const connectionPathOf = (url: string): ConnectionPath | null => {
  const [, id, kind, query = ''] = CONNECTION.exec(url) ?? [];
  if (kind === undefined) return null;
  return {
    kind: kind as ConnectionPath['kind'],
    endpoint: id === undefined ? EVERYTHING : serverEndpoint(id),
    sessionId: new URLSearchParams(query).get('sessionId'),
  };
};

const serverEndpoint = (id: string): Endpoint => {
  try {
    return { serverId: decodeURIComponent(id) };
  } catch {
    return { serverId: id };
  }
};
