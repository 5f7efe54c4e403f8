import { fail } from '#libs/errors';
import {
  LEGACY_REVISIONS,
  MODERN_REVISION,
  type ServerCodec,
  checkLegacyVersion,
  eraOf,
  readRequestMeta,
  serverCodec,
} from '#libs/mcp';
import { type DecodedCall, type WireCall, enterTrace } from '../call/index.js';

/**
 * Decides the era, and holds the request to what its era demands of envelope and headers. Throws `mcp.meta_missing`, and
 * what a codec throws for an envelope or header that is wrong.
 */
export const decode = (wire: WireCall): DecodedCall => {
  const { request, headers } = wire;
  const meta = readRequestMeta(request.params);
  const trace = enterTrace(meta, headers);
  if (wire.face === 'rpc') return { ...wire, meta, envelope: null, trace };
  if (eraOf(request, headers) === 'modern') {
    const envelope = serverCodec(MODERN_REVISION).readEnvelope(request, meta, headers);
    if (envelope === null) throw fail('mcp.meta_missing');
    return { ...wire, meta, envelope, trace };
  }
  if (headers !== null) checkLegacyVersion(headers);
  return { ...wire, meta, envelope: null, trace };
};

/** The codec of a refusal before the session is known. */
export const presumedCodec = ({ face, request, headers }: WireCall): ServerCodec =>
  serverCodec(face !== 'rpc' && eraOf(request, headers) === 'modern' ? MODERN_REVISION : LEGACY_REVISIONS[0]);
