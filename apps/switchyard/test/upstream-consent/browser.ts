/** A person's browser: cookies by origin, and what is done at the pages of the gateway. */
export class Browser {
  private readonly cookies = new Map<string, Map<string, string>>();

  constructor(
    private readonly email: string,
    private readonly password: string,
  ) {}

  /** Somebody of this name is known at another origin. */
  known(origin: string, person: string): this {
    this.of(origin).set('person', person);
    return this;
  }

  /** Opens a consent link, signs in, and goes as far as the first address that begins with `until`. */
  async consent(link: string, until: string): Promise<string> {
    const page = await this.fetch(link);
    const html = await page.text();
    if (page.status !== 200 || !html.includes('name="password"')) throw new Error(`${page.status} ${html}`);
    const body = new URLSearchParams({ email: this.email, password: this.password });
    const signedIn = await this.fetch(link, { method: 'POST', body, headers: { origin: new URL(link).origin } });
    const onward = /<a href="([^"]+)"/.exec(await signedIn.text())?.[1];
    if (onward === undefined) throw new Error(`${signedIn.status}: no link`);
    return this.follow(onward.replaceAll('&#38;', '&'), until);
  }

  /** Follows redirects until one leads to an address that begins with `until`. `headers`: of the first request. */
  async follow(from: string, until: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    let url = from;
    for (let hops = 0; hops < 20; hops++) {
      if (url.startsWith(until)) return url;
      const response = await this.fetch(url, url === from ? { headers } : {});
      const location = response.headers.get('location');
      if (location === null) throw new Error(`${url}: ${response.status} ${await response.text()}`);
      url = new URL(location, url).href;
    }
    throw new Error('too many redirects');
  }

  async fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(address);
    const cookie = [...this.of(origin)].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(init.headers as Record<string, string> | undefined), cookie };
    const response = await fetch(address, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.of(origin).set(name, value);
    }
    return response;
  }

  private of(origin: string): Map<string, string> {
    const known = this.cookies.get(origin) ?? new Map<string, string>();
    this.cookies.set(origin, known);
    return known;
  }
}
