import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { fail, type GatewayError } from '#libs/errors';
import { classifyAddress } from './address-class.js';
import { NameResolver, NameTooSlow } from './names/name-resolver.js';

export interface EgressRules {
  readonly enabled: boolean;
  readonly allowLocalhost: boolean;
  readonly allowPrivate: boolean;
  /** Name servers for upstreams' names. Empty: those of the system. */
  readonly nameServers: readonly string[];
}

/** Ports on which other protocols listen that could take a request for their own, or the stores and agents of a cluster. */
const REFUSED_PORTS = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 79, 87, 95, 101, 109, 110, 111, 113, 115, 119,
  123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 532, 540, 548, 554, 556, 563, 587, 601,
  636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045,
  4222, 5060, 5061, 5432, 5672, 5984, 6000, 6222, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 8222, 8500,
  9042, 9092, 9200, 9300, 10080, 10250, 11211, 26379, 27017,
]);

const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal']);

/**
 * Where the gateway may connect. A name is judged by the addresses it resolves to at the moment of connecting, and
 * exactly those are dialled, so a name that changes its mind afterwards gains nothing.
 */
export class EgressPolicy {
  private readonly names: NameResolver;

  constructor(
    private readonly rules: EgressRules,
    names?: NameResolver,
  ) {
    this.names = names ?? new NameResolver({ servers: rules.nameServers });
  }

  /** The URL of an upstream, parsed; throws `upstream.refused`. */
  parse(text: string | null): URL {
    const url = text === null ? null : URL.parse(text);
    if (url === null) throw refused('its URL is not valid');
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw refused('its URL is neither http nor https');
    if (url.username !== '' || url.password !== '') throw refused('its URL holds a user name or password');
    if (!this.rules.enabled) return url;
    if (REFUSED_PORTS.has(Number(url.port))) throw refused('its port belongs to another protocol');
    const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    if (METADATA_NAMES.has(host)) throw refused('its address is not allowed');
    if (isIP(host) !== 0) this.checkAddress(host);
    return url;
  }

  /** Of strangers, and of what they name: the internet alone. */
  forStrangers(): EgressPolicy {
    return new EgressPolicy({ ...this.rules, enabled: true, allowLocalhost: false, allowPrivate: false }, this.names);
  }

  /** Whether a URL leads to the internet, by all that its name resolves to; one that leads nowhere counts as if it did. */
  async isPublic(text: string): Promise<boolean> {
    const host =
      URL.parse(text)
        ?.hostname.replace(/^\[|\]$/g, '')
        .replace(/\.$/, '') ?? '';
    const resolved = isIP(host) === 0 ? await this.names.resolve(host).catch(() => []) : [{ address: host }];
    return resolved.length === 0 || resolved.some(({ address }) => classifyAddress(address) === 'public');
  }

  /** For `net.connect`: resolves, checks every address, hands on those alone. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    void this.allowedAddresses(hostname, options.family).then(
      (addresses) => {
        const first = addresses[0] as LookupAddress;
        if (options.all) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: GatewayError) => callback(error, []),
    );
  };

  private async allowedAddresses(hostname: string, family: LookupOptions['family']): Promise<LookupAddress[]> {
    const resolved = await this.names.resolve(hostname).catch((error: unknown) => {
      throw error instanceof NameTooSlow
        ? nameFailure('its name took too long to resolve', error)
        : nameFailure('its name does not resolve', error);
    });
    if (this.rules.enabled) for (const { address } of resolved) this.checkAddress(address);
    const wanted = Number(String(family ?? 0).replace('IPv', ''));
    const addresses = resolved.filter((each) => wanted === 0 || each.family === wanted);
    if (addresses.length === 0) throw nameFailure('its name does not resolve');
    return addresses;
  }

  private checkAddress(address: string): void {
    const kind = classifyAddress(address);
    if (kind === 'public') return;
    if (kind === 'loopback' && this.rules.allowLocalhost) return;
    if (kind === 'private' && this.rules.allowPrivate) return;
    throw refused('its address is not allowed');
  }
}

const refused = (reason: string): GatewayError =>
  fail('upstream.refused', { message: `This upstream may not be reached from here: ${reason}`, executed: 'no' });

const nameFailure = (reason: string, cause?: unknown): GatewayError =>
  fail('upstream.unreachable', { message: `The upstream cannot be reached: ${reason}`, executed: 'no', cause });
