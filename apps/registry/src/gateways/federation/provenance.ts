import type { DiscoveredOffer, DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import { asObject, memberText, readVia, VIA_META, withMembers } from '#libs/mcp';
import { peerKindOf } from '../../entries/names/peer-kind.js';

/** What decides over what of a peer gateway is taken. */
export interface ProvenanceTerms {
  /** What this gateway goes by. */
  readonly ownId: string;
  /** Under which the peer is registered here. */
  readonly slug: string;
}

interface Listed {
  readonly definition: string;
}

type Refused = DiscoveredOffer['refused'][number];

/**
 * An upstream's offer with what each entry came through: an entry of another gateway says so in its `_meta`, for the gateways
 * behind this one. What has come from this gateway itself is left out, or two that have registered each other would offer
 * each other more with every refresh.
 */
export const withProvenance = (discovered: DiscoveredUpstream, around: ProvenanceTerms): DiscoveredUpstream => ({
  ...discovered,
  ...traced(discovered, around),
  ...(discovered.legacy !== undefined && { legacy: { ...discovered.legacy, ...traced(discovered.legacy, around) } }),
});

type Traced = Pick<DiscoveredOffer, 'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'refused'>;

const traced = (offer: DiscoveredOffer, { ownId, slug }: ProvenanceTerms): Traced => {
  const refused: Refused[] = [...offer.refused];
  // ContextForge does not say what its tools came through; what is in it twice has been here.
  const isSilent = peerKindOf(offer.serverInfo) === 'contextforge';
  const keep = <E extends Listed>(list: string, entries: readonly E[], nameOf: (entry: E) => string): E[] => {
    const names = isSilent && list !== 'resources' ? new Set(entries.map(nameOf)) : null;
    return entries.flatMap((entry) => {
      const name = nameOf(entry);
      const read = names !== null && isOursAgain(name, slug, names) ? AGAIN : viaOf(entry.definition, ownId);
      if (typeof read === 'string') {
        refused.push({ list, name, reason: read });
        return [];
      }
      const { gatewayId } = offer;
      return [
        gatewayId === undefined ? entry : { ...entry, definition: through(entry.definition, [gatewayId, ...read]) },
      ];
    });
  };
  return {
    tools: keep('tools', offer.tools, ({ name }) => name),
    prompts: keep('prompts', offer.prompts, ({ name }) => name),
    resources: keep('resources', offer.resources, ({ uri }) => uri),
    resourceTemplates: keep('resourceTemplates', offer.resourceTemplates, ({ uriTemplate }) => uriTemplate),
    refused,
  };
};

const AGAIN = 'it comes from this gateway itself';
/** A way that is longer leads nowhere: calls are refused before. */
const GATEWAYS_MAX = 16;

/** The gateways that an entry came through; a text: why it is left out. */
const viaOf = (definition: string, ownId: string): readonly string[] | string => {
  if (!definition.includes(VIA_META)) return [];
  const via = readVia(asObject((JSON.parse(definition) as { _meta?: unknown })._meta)[VIA_META]);
  if (via === null) return `its ${VIA_META} is no list of gateways`;
  if (via.includes(ownId)) return `${AGAIN}, by way of ${via.join(', ')}`;
  return via.length < GATEWAYS_MAX ? via : `it comes through more than ${GATEWAYS_MAX} gateways`;
};

const through = (definition: string, via: readonly string[]): string => {
  const meta = withMembers(memberText(definition, '_meta') ?? '{}', { [VIA_META]: JSON.stringify(via) });
  return withMembers(definition, { _meta: meta });
};

/** `a-cf-x` of a gateway that is `cf` here and offers `x` itself: `cf-x` has gone there and come back as `a-`. */
const isOursAgain = (name: string, slug: string, names: ReadonlySet<string>): boolean => {
  const mark = `-${slug}-`;
  const at = name.indexOf(mark, 1);
  return at > 0 && names.has(name.slice(at + mark.length));
};
