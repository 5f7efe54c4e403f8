/** A browser of somebody of the company: it follows redirects and refreshes with its cookies, and presses the button of the provider. */
export class EmployeeBrowser {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly providerId: string) {}

  /** The page that is shown in the end, or the first address that begins with `until`. */
  async open(from: string, until = 'nowhere:'): Promise<{ url: URL; status: number; html: string }> {
    let url = new URL(from);
    let init: RequestInit = {};
    for (let hops = 0; hops < 30; hops++) {
      const response = await this.fetch(url, init);
      const html = await response.text();
      const refresh = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(html)?.[1];
      const next = response.headers.get('location') ?? (refresh === undefined ? null : unescaped(refresh));
      init = {};
      if (next !== null) url = new URL(next, url);
      else if (html.includes(`value="allow ${this.providerId}"`)) init = { method: 'POST', body: this.allowing(html) };
      else return { url, status: response.status, html };
      if (url.href.startsWith(until)) return { url, status: response.status, html };
    }
    throw new Error('too many redirects');
  }

  async fetch(url: URL, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', origin: url.origin, 'x-switchyard-ui': '1', cookie };
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line) || value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** The page that the button of the provider leads to, where it leads nowhere else. */
  async once(from: URL): Promise<readonly [number, string]> {
    let url = from;
    for (;;) {
      const response = await this.fetch(url);
      const next = response.headers.get('location');
      if (next === null) {
        const answer = await this.fetch(url, { method: 'POST', body: this.allowing(await response.text()) });
        return [answer.status, await answer.text()];
      }
      url = new URL(next, url);
    }
  }

  /** Another one with the same cookies. */
  copy(): EmployeeBrowser {
    const copy = new EmployeeBrowser(this.providerId);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  /** Forgets who they are at the company, as the end of the session there does. */
  forgetCompany(): void {
    for (const name of this.cookies.keys()) if (name.startsWith('company_')) this.cookies.delete(name);
  }

  private allowing(html: string): URLSearchParams {
    const form = new URLSearchParams({ answer: `allow ${this.providerId}` });
    for (const [, scope = ''] of html.matchAll(/name="scope" value="([^"]+)"/g)) form.append('scope', scope);
    return form;
  }
}

const unescaped = (html: string): string =>
  html.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
