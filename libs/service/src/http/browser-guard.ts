import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { fail, type GatewayError } from '#libs/errors';
import { type AllowedOrigins, LOOPBACK_HOSTS } from './allowed-origins.js';

/**
 * Refuses, on REST, its page and what is for operators, what a hostile web page can make a browser send. A page whose own
 * name has been rebound to this address shows by that name, so an address as Host is no danger. MCP has a stricter one.
 */
export class BrowserGuard {
  private readonly hosts: ReadonlySet<string>;

  constructor(
    hosts: readonly string[],
    private readonly origins: AllowedOrigins,
  ) {
    this.hosts = new Set(hosts.map((host) => host.toLowerCase()));
  }

  /** `null`: it may go on. */
  refusal({ host = '', origin }: IncomingHttpHeaders): GatewayError | null {
    if (!this.allowsHost(host)) return fail('http.host_refused');
    if (origin === undefined || this.origins.allows(origin) || isOriginOf(host, origin)) return null;
    return fail('http.origin_refused');
  }

  private allowsHost(host: string): boolean {
    if (this.hosts.has('*')) return true;
    const name = nameIn(host);
    return name !== null && (LOOPBACK_HOSTS.has(name) || this.hosts.has(name) || isAddress(name));
  }
}

/** The page of this very gateway, which an edge may serve over TLS. */
const isOriginOf = (host: string, origin: string): boolean =>
  URL.canParse(origin) && new URL(origin).host === withoutDefaultPort(host);

const withoutDefaultPort = (host: string): string => host.toLowerCase().replace(/:(80|443)$/, '');

const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

const nameIn = (host: string): string | null => HOST.exec(host)?.[1]?.toLowerCase() ?? null;

const isAddress = (name: string): boolean => isIP(name.replace(/^\[|\]$/g, '')) !== 0;
