import type { UpstreamAddress, UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { type Logger, meter } from '#libs/telemetry';
import { AddressChecks, type CheckedAddresses, discovers, standsOpen } from '../../conversation/address-checks.js';
import type { Settings } from '../../tool-invocation.settings.js';
import { type Address, AddressBook } from '../../transport/addresses/address-book.js';
import { SpreadHttpTransport, SpreadSseTransport } from '../../transport/addresses/spread-transport.js';
import type { AccessTls, Transport, TransportKind } from '../../transport/channel.js';
import type { EgressPolicy } from '../../transport/egress/egress-policy.js';
import { Pools } from '../../transport/http/pools.js';
import { AWAY } from '../../transport/http/refusal.js';
import { SseTransport } from '../../transport/sse/transport.js';
import type { Strays } from '../../transport/strays.js';
import { HttpTransport } from '../../transport/streamable-http/transport.js';

/** How an upstream is reached; `addresses` where it has several. */
export interface Reached {
  readonly transport: Transport;
  readonly addresses?: CheckedAddresses;
}

interface TransportParts {
  readonly settings: Settings;
  readonly egress: EgressPolicy;
  readonly strays: Strays;
  readonly logger: Logger;
}

/** What `url` itself is among the addresses. */
const FIRST = { priority: 0, weight: 100 } as const;

const changes = meter().createCounter('upstream_address_changes_total', {
  description: 'Addresses of upstreams that were ejected, or answer again.',
});

/** All addresses, that of `url` first. */
export const placesOf = ({ url, addresses = [] }: UpstreamProfile): readonly UpstreamAddress[] => [
  { url: url ?? '', ...FIRST },
  ...addresses,
];

/** Counts and tells that an address is left alone, or answers again. */
export const telling =
  ({ id: upstreamId, name: upstream }: UpstreamProfile, logger: Logger) =>
  ({ url: address, isEjected, reason }: Address<unknown>): void => {
    changes.add(1, { change: isEjected ? 'ejected' : 'returned' });
    if (isEjected) logger.warn({ upstreamId, upstream, address, reason }, 'an address of an upstream is left alone');
    else logger.info({ upstreamId, upstream, address }, 'an address of an upstream answers again');
  };

/** An upstream over HTTP with further addresses. Throws `upstream.refused` where one of them may not be reached from here. */
export const spread = (
  profile: UpstreamProfile,
  kind: TransportKind,
  { settings, egress, strays, logger }: TransportParts,
): Reached => {
  const places = placesOf(profile);
  const onChange = telling(profile, logger);
  if (kind !== 'http') {
    const lines = places.map((place) => ({
      ...place,
      line: new SseTransport(egress.parse(place.url), settings, egress, strays),
    }));
    const book = new AddressBook<Transport>(lines, onChange);
    return { transport: new SpreadSseTransport(book), addresses: new AddressChecks(book, standsOpen) };
  }
  const lines = places.map((place, index) => {
    const onStatus = (status: number): void => {
      const address = book.addresses[index];
      if (address !== undefined && !AWAY.has(status)) book.answered(address);
    };
    const address = egress.parse(place.url);
    const poolsOf = (tls?: AccessTls): Pools => new Pools(address.origin, settings, egress, tls);
    return { ...place, line: new HttpTransport(address, poolsOf, settings, strays, onStatus) };
  });
  const book = new AddressBook<HttpTransport>(lines, onChange);
  return { transport: new SpreadHttpTransport(book), addresses: new AddressChecks(book, discovers) };
};
