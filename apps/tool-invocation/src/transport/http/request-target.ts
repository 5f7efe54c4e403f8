/** Redirects that one request follows before it is given up. */
export const REDIRECTS_MAX = 3;

/** Where the requests to one endpoint go: to its path, or to the one on the same origin that it says to use instead. */
export class RequestTarget {
  constructor(
    private readonly url: URL,
    /** With the query. */
    public path: string,
  ) {}

  /**
   * Takes over where a request that was sent to `path` is told to go. False where that is no redirect that keeps the method,
   * or where it leads to another origin: what is presented to one is never sent to another. What is reached through a
   * connector has no origin here: the connector follows for itself, and what it passes on leads elsewhere.
   * https://www.rfc-editor.org/rfc/rfc9110#name-307-temporary-redirect
   */
  follow(path: string, status: number, location: string | undefined): boolean {
    if ((status !== 307 && status !== 308) || !/^https?:$/.test(this.url.protocol)) return false;
    const next = URL.parse(location ?? '', new URL(path, this.url).href);
    if (next === null || next.origin !== this.url.origin || pathOf(next) === path) return false;
    this.path = pathOf(next);
    return true;
  }
}

const pathOf = ({ pathname, search }: URL): string => `${pathname}${search}`;
