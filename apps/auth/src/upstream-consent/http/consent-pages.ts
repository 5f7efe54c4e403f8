import { escaped, pageOf } from '../../rest/html-page.js';
import type { AskedConsent } from '../consent.service.js';

/** Who is asked to sign in, and what was wrong before. */
export interface SignInState {
  readonly email?: string;
  readonly problem?: string;
}

/** Whose consent it is has to be certain: the link may have come from somebody else. */
export const signInPage = ({ email = '', problem }: SignInState): string =>
  pageOf(
    'Connect your account',
    `<p>A server behind this gateway asks for your own consent before it is called for you. Sign in to the gateway; then you
are sent to where you consent.</p>
<p class="warning">Go on only if you have just asked for this yourself.</p>
${problem === undefined ? '' : `<p role="alert">${escaped(problem)}</p>`}
<form method="post">
<label>E-mail <input type="email" name="email" value="${escaped(email)}" autocomplete="username" maxlength="320"></label>
<label>Password <input type="password" name="password" autocomplete="current-password" maxlength="1024"></label>
<button>Sign in and go on</button>
</form>`,
  );

/** A form of ours cannot lead to another site, so that a person sees to where they go. */
export const onwardPage = (asked: AskedConsent, location: string): string =>
  pageOf(
    'Consent',
    `<p>You are sent to <strong>${escaped(new URL(location).host)}</strong>, to consent that this gateway calls
${whereto(asked)} for you.</p>
${warning(asked)}<p><a href="${escaped(location)}" rel="noreferrer">Continue</a></p>`,
  );

/** There is a consent. */
export const connectedPage = (asked: AskedConsent, email: string): string =>
  pageOf(
    'Connected',
    `<p>This gateway may call ${whereto(asked)} for <strong>${escaped(email)}</strong>.</p>
${warning(asked)}<p>Go back to the program that sent you here, and have it
try again. You may close this page.</p>
<p>You can end this at any time.</p>`,
  );

/** There is none, and why. */
export const failedPage = (why: string): string =>
  pageOf(
    'Not connected',
    `<p role="alert">${escaped(why)}</p>\n<p>Nothing was kept. Begin anew where you came from.</p>`,
  );

/** What a gateway is called proves nothing: the token goes to its address. */
const whereto = ({ gateway: { name, origin } }: AskedConsent): string =>
  `<strong>${escaped(name)}</strong>${origin === null ? '' : ` at <strong>${escaped(origin)}</strong>`}`;

const warning = ({ gateway: { origin }, resource }: AskedConsent): string =>
  resource === null || URL.parse(resource)?.origin === origin
    ? ''
    : `<p class="warning">The token for it is one for <strong>${escaped(resource)}</strong>, which is elsewhere.</p>\n`;
