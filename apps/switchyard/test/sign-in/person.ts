/** A person's browser at the pages of the gateway itself: it follows redirects with its cookies, and fills in what it finds. */
export class Person {
  private readonly cookies = new Map<string, string>();
  /** Of every page that was shown. */
  readonly pages: { readonly html: string; readonly headers: Headers; readonly status: number }[] = [];

  constructor(
    private readonly email: string,
    private readonly password: string,
    private readonly answer: { readonly scopes?: readonly string[]; readonly says?: 'allow' | 'deny' } = {},
  ) {}

  /** From `url` to the first address that begins with `until`. */
  async browse(from: URL, until: string): Promise<URL> {
    let url = from;
    let init: RequestInit = {};
    for (let hops = 0; hops < 20; hops++) {
      const response = await this.fetch(url, init);
      const location = response.headers.get('location');
      if (location !== null) {
        url = new URL(location, url);
        init = {};
        if (url.href.startsWith(until)) return url;
        continue;
      }
      const html = await response.text();
      this.pages.push({ html, headers: response.headers, status: response.status });
      if (response.status !== 200 || !html.includes('name="password"')) throw new Error(`${response.status} ${html}`);
      init = { method: 'POST', body: this.filledIn(html) };
    }
    throw new Error('too many redirects');
  }

  /** Enters a code that a device shows; answers the last page. */
  async enter(at: URL, code: string): Promise<string> {
    let html = await (await this.fetch(at)).text();
    for (const extra of [{ user_code: code }, { user_code: code, confirm: 'yes' }]) {
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)?.[1] ?? '';
      const response = await this.fetch(at, { method: 'POST', body: new URLSearchParams({ xsrf, ...extra }) });
      const location = response.headers.get('location');
      if (location !== null) return this.finish(new URL(location, at));
      html = await response.text();
    }
    return html;
  }

  private async finish(page: URL): Promise<string> {
    const html = await (await this.fetch(page)).text();
    let response = await this.fetch(page, { method: 'POST', body: this.filledIn(html) });
    for (let at = page; response.headers.has('location'); ) {
      at = new URL(response.headers.get('location') ?? '', at);
      response = await this.fetch(at);
    }
    return response.text();
  }

  async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...init, headers: { cookie, origin: url.origin } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    return response;
  }

  private filledIn(html: string): URLSearchParams {
    const offered = [...html.matchAll(/name="scope" value="([^"]+)"/g)].map(([, scope = '']) => scope);
    const form = new URLSearchParams({
      email: this.email,
      password: this.password,
      answer: this.answer.says ?? 'allow',
    });
    for (const scope of this.answer.scopes ?? offered) form.append('scope', scope);
    return form;
  }
}
