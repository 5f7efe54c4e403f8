import { createHash } from 'node:crypto';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; color-scheme: light dark; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; }
label { display: block; }
input:not([type=checkbox]), button { display: block; width: 100%; box-sizing: border-box; font: inherit; margin: .25rem 0 1rem; padding: .5rem; }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; }
[role=alert], .warning { border-left: .25rem solid #c60; padding-left: .75rem; }
code { font-size: 1.2rem; }`;

const STYLE_DIGEST = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** Text that came from outside, for a page. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A page of ours; `body` is HTML. */
export const pageOf = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
${body}
</html>
`;

export const ENDED = 'This sign-in cannot go on';

export const endedBody = (why: string): string =>
  `<p role="alert">${escaped(why)}</p>\n<p>Go back to the program that sent you here and begin anew.</p>`;

/**
 * Headers of a page: no script runs on it, nothing frames it, and no other site learns its address. `formTarget`: where its
 * form may lead besides this gateway, as browsers look at every redirect after it.
 */
export const pageHeaders = (formTarget = ''): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src ${STYLE_DIGEST}; form-action 'self' ${formTarget}; base-uri 'none'; frame-ancestors 'none'`,
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
});
