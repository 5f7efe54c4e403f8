import type { IncomingHttpHeaders } from 'node:http';
import { fail } from '#libs/errors';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const HOST = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Refuses what a hostile web page can make a browser send. Host is checked too, for a page whose own name has been
 * rebound to us sends no foreign Origin. No other decision is ever made from either.
 */
export class OriginGuard {
  private readonly hosts: ReadonlySet<string>;
  private readonly origins: ReadonlySet<string>;
  private lastAllowed: string | null = null;

  constructor(hosts: readonly string[], origins: readonly string[]) {
    this.hosts = new Set(hosts.map((host) => host.toLowerCase()));
    this.origins = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  }

  /** Throws `http.host_refused` or `http.origin_refused`. */
  check({ host, origin }: IncomingHttpHeaders): void {
    if (host === undefined || (host !== this.lastAllowed && !this.allowsHost(host))) throw fail('http.host_refused');
    this.lastAllowed = host;
    if (origin !== undefined && !this.allowsOrigin(origin)) throw fail('http.origin_refused');
  }

  private allowsHost(host: string): boolean {
    const name = HOST.exec(host)?.[1]?.toLowerCase();
    return name !== undefined && (LOOPBACK.has(name) || this.hosts.has('*') || this.hosts.has(name));
  }

  private allowsOrigin(origin: string): boolean {
    if (this.origins.has('*') || this.origins.has(origin.toLowerCase())) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    const isBare =
      url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === '';
    return isBare && (url.protocol === 'http:' || url.protocol === 'https:') && LOOPBACK.has(url.hostname);
  }
}
