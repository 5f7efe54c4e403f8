import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { fail, type GatewayError } from '#libs/errors';
import { classifyAddress } from './address-class.js';

export interface EgressRules {
  readonly enabled: boolean;
  readonly allowLocalhost: boolean;
  readonly allowPrivate: boolean;
}

/** Ports on which other protocols listen that could take a request for their own. */
const REFUSED_PORTS = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 79, 87, 95, 101, 109, 110, 111, 113, 115, 119,
  123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 532, 540, 548, 554, 556, 563, 587, 601,
  636, 989, 990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 3306, 3389, 3659, 4045, 4222, 5060, 5061,
  5432, 5672, 5984, 6000, 6222, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 8222, 9042, 9200, 9300, 10080, 11211,
  26379, 27017,
]);

const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal']);
const LOOKUP_MS = 2_000;

/**
 * Where the gateway may connect. A name is judged by the addresses it resolves to at the moment of connecting, and
 * exactly those are dialled, so a name that changes its mind afterwards gains nothing.
 */
export class EgressPolicy {
  constructor(private readonly rules: EgressRules) {}

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

  /** For `net.connect`: resolves, checks every address, hands on those alone. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    let open = true;
    const finish: typeof callback = (...result) => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      callback(...result);
    };
    const timer = setTimeout(() => finish(nameFailure('its name took too long to resolve'), []), LOOKUP_MS);
    lookup(hostname, { family: options.family, hints: options.hints, all: true }, (error, addresses) => {
      if (error) return finish(nameFailure('its name does not resolve', error), []);
      try {
        if (this.rules.enabled) for (const { address } of addresses) this.checkAddress(address);
      } catch (problem) {
        return finish(problem as NodeJS.ErrnoException, []);
      }
      const first = addresses[0];
      if (options.all || first === undefined) finish(null, addresses);
      else finish(null, first.address, first.family);
    });
  };

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
