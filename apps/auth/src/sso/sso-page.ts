import { escaped, pageOf } from '../rest/html-page.js';

/** Why nobody was signed in, and the way back to the log-in by password. */
export const failedPage = (why: string, back: string): string =>
  pageOf(
    'You are not signed in',
    `<p role="alert">${escaped(why)}</p>
<p><a href="${escaped(back)}">Back to the log-in</a>, where you may sign in with a password or another provider.</p>`,
  );

/**
 * Sends a browser on that sent a form: what it is redirected to after a form would have to be allowed by the page of the form,
 * and who knows where a provider sends it from there.
 */
export const onwardPage = (url: URL, to: string): string =>
  pageOf(
    `Going on to ${to}`,
    `<meta http-equiv="refresh" content="0; url=${escaped(url.href)}">
<p><a href="${escaped(url.href)}" rel="noreferrer">Go on</a> if nothing happens.</p>`,
  );
