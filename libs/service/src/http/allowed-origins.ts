import { list } from '#libs/config';

/** The setting that names the origins whose pages may call. https://fetch.spec.whatwg.org/#origin-header */
export const allowedOriginsOption = list(
  [],
  'Origins, with scheme, whose pages may call from a browser besides those on loopback. `*` allows any.',
);

/** The setting that names the hosts a request may be for. https://www.rfc-editor.org/rfc/rfc9110#name-host-and-authority */
export const allowedHostsOption = list(
  [],
  'Names, without port, that a request may give as Host besides those of loopback; outside MCP, addresses count too. `*` allows any. /health takes every name.',
);

/** The host names of this machine, as URLs spell them. */
export const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The origins whose pages may call: those that are named, and those on loopback. */
export class AllowedOrigins {
  private readonly named: ReadonlySet<string>;

  constructor(named: readonly string[]) {
    this.named = new Set(named.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  }

  /** Whether a request may come from `origin`, the value of the header of that name. */
  allows(origin: string): boolean {
    if (this.named.has('*') || this.named.has(origin.toLowerCase())) return true;
    if (!URL.canParse(origin)) return false;
    const url = new URL(origin);
    const isBare =
      url.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === '';
    return isBare && (url.protocol === 'http:' || url.protocol === 'https:') && LOOPBACK_HOSTS.has(url.hostname);
  }
}
