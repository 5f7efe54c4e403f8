import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail } from '#libs/errors';
import { type OriginGuard, answerJson } from '#libs/mcp-http';
import type { RequestPlaces } from '#libs/service';
import { METADATA_PATH, type ResourceServer } from '../../admission/index.js';
import type { Endpoint } from '../../call/index.js';
import { mcpEndpointOf } from '../endpoint.js';
import { type RefusalRecords, refuseExchange } from '../http-exchange.js';

export interface ResourceMetadataParts extends RefusalRecords {
  readonly guard: OriginGuard;
  readonly places: RequestPlaces;
  /** `null`: there is nowhere to sign in, and so no document. */
  readonly resourceServer: ResourceServer | null;
}

/**
 * Tells clients without a token where to sign in to an MCP endpoint. The document without a path is that of `/mcp`, for
 * clients that look nowhere else. https://www.rfc-editor.org/rfc/rfc9728#section-3
 */
export class ResourceMetadata {
  constructor(private readonly parts: ResourceMetadataParts) {}

  /** True when the request is for a document of an endpoint here; it is then answered. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { resourceServer, guard, places } = this.parts;
    const endpoint = resourceServer === null ? null : metadataEndpointOf(request.url ?? '');
    if (resourceServer === null || endpoint === null) return false;
    try {
      guard.check(request.headers);
      places.takePlace(response);
      if (request.method === 'GET') answerJson(response, 200, resourceServer.document(endpoint.serverId, request));
      else throw fail('http.method_not_allowed');
    } catch (thrown) {
      refuseExchange({ request, response, endpoint }, thrown, null, this.parts);
    }
    return true;
  };
}

/** `null` for the path of no document. */
export const metadataEndpointOf = (url: string): Endpoint | null => {
  if (!url.startsWith(METADATA_PATH)) return null;
  const path = url.slice(METADATA_PATH.length);
  return /^\/?(\?|$)/.test(path) ? { serverId: null } : mcpEndpointOf(path);
};
