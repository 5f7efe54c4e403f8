import type { IncomingHttpHeaders } from 'node:http';
import { fail } from '#libs/errors';
import { AllowedOrigins, LOOPBACK_HOSTS } from '#libs/service';

const HOST = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Refuses what a hostile web page can make a browser send. Host is checked too, for a page whose own name has been
 * rebound to us sends no foreign Origin. No other decision is ever made from either.
 */
export class OriginGuard {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: AllowedOrigins;
  private lastAllowed: string | null = null;

  constructor(hosts: readonly string[], origins: readonly string[]) {
    this.hosts = new Set(hosts.map((host) => host.toLowerCase()));
    this.origins = new AllowedOrigins(origins);
  }

  /** Throws `http.host_refused` or `http.origin_refused`. */
  check({ host, origin }: IncomingHttpHeaders): void {
    if (host === undefined || (host !== this.lastAllowed && !this.allowsHost(host))) throw fail('http.host_refused');
    this.lastAllowed = host;
    if (origin !== undefined && !this.origins.allows(origin)) throw fail('http.origin_refused');
  }

  private allowsHost(host: string): boolean {
    const name = HOST.exec(host)?.[1]?.toLowerCase();
    return name !== undefined && (LOOPBACK_HOSTS.has(name) || this.hosts.has('*') || this.hosts.has(name));
  }
}
