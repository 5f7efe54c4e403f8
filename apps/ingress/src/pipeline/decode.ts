import { fail } from '#libs/errors';
import { MODERN_REVISION, checkLegacyVersion, eraOf, readRequestMeta, serverCodec } from '#libs/mcp';
import type { DecodedCall, WireCall } from '../call/calls.js';

/** Decides the era, and holds the request to what its era demands of an envelope and headers. */
export const decode = (wire: WireCall): DecodedCall => {
  const { request, headers, endpoint } = wire;
  const meta = readRequestMeta(request.params);
  if (endpoint.face === 'rpc') return { ...wire, meta, envelope: null };
  if (eraOf(request, headers) === 'modern') {
    const envelope = serverCodec(MODERN_REVISION).readEnvelope(request, meta, headers);
    if (envelope === null) throw fail('mcp.meta_missing');
    return { ...wire, meta, envelope };
  }
  if (headers !== null) checkLegacyVersion(headers);
  return { ...wire, meta, envelope: null };
};
