import { fail } from '#libs/errors';
import { VIA_META, readVia } from '#libs/mcp';
import type { ScopedCall } from '../call/index.js';

type Meta = Readonly<Record<string, unknown>>;

/**
 * What `_meta` of a call says to its upstream: what its client put there and, to an upstream that is told, the gateways it went
 * through, this one last. Throws `upstream.loop` where it has been here before, `upstream.hops_exceeded`, and
 * `mcp.params_invalid` for a way that is none.
 */
export const metaOnwards = (
  { meta, catalog }: Pick<ScopedCall, 'meta' | 'catalog'>,
  upstreamId: string,
  hopsMax: number,
): Meta | undefined => {
  const given = meta.value[VIA_META];
  const isTold = catalog.isToldWay(upstreamId);
  if (given === undefined) {
    const first = isTold ? catalog.metaOfFirst : undefined;
    return meta.passed === undefined || first === undefined ? (meta.passed ?? first) : { ...meta.passed, ...first };
  }
  const via = readVia(given);
  if (via === null) throw fail('mcp.params_invalid', { message: `_meta["${VIA_META}"] must be a short list of ids` });
  const way = onwards(via, catalog.catalog.gatewayId, hopsMax);
  return isTold ? { ...meta.passed, [VIA_META]: way } : meta.passed;
};

const onwards = (via: readonly string[], gatewayId: string | undefined, hopsMax: number): readonly string[] => {
  // Of a registry that does not say what it goes by, the others on the way will notice.
  if (gatewayId === undefined) return via;
  const way = [...via, gatewayId];
  if (via.includes(gatewayId)) throw refused('upstream.loop', `It has come back to the gateway "${gatewayId}"`, way);
  if (via.length > hopsMax) throw refused('upstream.hops_exceeded', `GATEWAY_HOPS_MAX is ${hopsMax}`, way);
  return way;
};

const refused = (code: 'upstream.loop' | 'upstream.hops_exceeded', why: string, via: readonly string[]) =>
  fail(code, {
    message: `The call is refused, and nothing has run. ${why}: it went through ${via.join(', ')}`,
    executed: 'no',
    data: { via },
  });
