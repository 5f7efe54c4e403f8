import type { UpstreamAddress, UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { invalidMembers } from '#libs/service';
import type { GatewayEntity } from '../gateway.entity.js';
import { type AddressBody, STAND_BY } from './address.body.js';
import { originOf } from './origin.js';

/** What has something put behind its address. */
const BASES: ReadonlySet<UpstreamTransport> = new Set(['OPENAPI', 'REST']);

interface Asked {
  readonly url: string;
  readonly transport: UpstreamTransport;
  /** As the body says; what it leaves out stays. */
  readonly given: readonly AddressBody[] | null | undefined;
  readonly known: readonly UpstreamAddress[];
}

/**
 * The further addresses of a gateway. Throws `http.invalid` for one that is no address, stands twice, or holds a query: whose
 * values are kept with the credential, of which there is one for all addresses.
 */
export const addressesFrom = ({ url, transport, given, known }: Asked): UpstreamAddress[] => {
  const addresses = (given === undefined ? known : (given ?? [])).map((address) => ({
    ...STAND_BY,
    ...present(address),
  }));
  const seen = new Set([sameness(url)]);
  for (const [index, address] of addresses.entries()) {
    const member = `addresses.${index}.url`;
    const parsed = URL.parse(address.url);
    if (parsed === null || !['http:', 'https:'].includes(parsed.protocol))
      throw invalid(member, 'must be an http or https URL');
    if (parsed.username !== '' || parsed.password !== '') throw invalid(member, 'must not hold a credential');
    if (address.url.includes('?')) throw invalid(member, 'must not have a query: that of url is sent to it too');
    if (BASES.has(transport) && address.url.includes('#'))
      throw invalid(member, 'must not have a fragment: paths are put behind it');
    if (transport === 'GRPC' && (parsed.pathname !== '/' || address.url.includes('#')))
      throw invalid(member, 'must have no path: methods have it to themselves');
    if (seen.has(sameness(address.url))) throw invalid(member, 'is the same as another address of the gateway');
    seen.add(sameness(address.url));
  }
  return addresses;
};

/** Whether credentials would be shown where they have not been shown before. `isExact`: to another path as well. */
export const reachesElsewhere = (
  before: Pick<GatewayEntity, 'url' | 'addresses'>,
  now: readonly Pick<UpstreamAddress, 'url'>[],
  isExact = false,
): boolean => {
  const known = new Set([before.url, ...before.addresses.map(({ url }) => url)].map((url) => placeOf(url, isExact)));
  return now.some(({ url }) => !known.has(placeOf(url, isExact)));
};

/** Whom a credential is shown there: whatever answers at the origin, or at the path alone (`isExact`). */
export const placeOf = (url: string | null, isExact: boolean): string =>
  url === null ? '' : isExact ? sameness(url) : originOf(url);

const present = ({ url, priority, weight }: AddressBody): UpstreamAddress & Pick<AddressBody, 'url'> => ({
  url,
  priority: priority ?? STAND_BY.priority,
  weight: weight ?? STAND_BY.weight,
});

/** The place itself, whatever stands behind it. */
const sameness = (url: string): string => {
  return `${originOf(url)}${new URL(url).pathname}`;
};

const invalid = (field: string, message: string) => invalidMembers([{ field, message }]);
