import { escaped, pageOf } from '../../rest/html-page.js';

/** What a user is asked for, and by whom. */
export interface SignInAsk {
  /** What the client calls itself. */
  readonly client: string;
  /** Host of the document that describes the client; `null`: nobody vouches for its name. */
  readonly describedBy: string | null;
  /** Where the answer is sent; `null`: to a terminal or device that showed a code. */
  readonly redirectUri: string | null;
  readonly scopes: readonly string[];
  /** The endpoints that it wants to use. */
  readonly resources: readonly string[];
  /** Where one may sign in instead of here. */
  readonly providers: readonly { readonly id: string; readonly displayName: string }[];
  /** What the user gave before that was not right. */
  readonly email?: string;
  readonly problem?: string;
}

const IN_WORDS: Readonly<Record<string, string>> = {
  'mcp:tools': 'see your tools and call them for you',
  'mcp:resources': 'read your resources',
  'mcp:prompts': 'see your prompts and fill them in',
};
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const NAME_CHARS_MAX = 80;

/** Log-in and consent in one: whoever says yes has shown the password with it, so no other page can say it for them. */
export const signInPage = (ask: SignInAsk): string => {
  const { client, describedBy, resources, scopes, providers, email = '', problem } = ask;
  const name = escaped(client.slice(0, NAME_CHARS_MAX));
  return pageOf(
    'Sign in',
    `<p><strong>${name}</strong> wants to use ${resources.map((url) => `<strong>${escaped(url)}</strong>`).join(', ')} as you.</p>
<p>${describedBy === null ? 'It says itself that this is its name.' : `It is described by <strong>${escaped(describedBy)}</strong>.`}
${destinationOf(ask)}</p>
${problem === undefined ? '' : `<p role="alert">${escaped(problem)}</p>`}
<form method="post">
<fieldset><legend>It may</legend>
${scopes.map((scope) => `<label><input type="checkbox" name="scope" value="${escaped(scope)}" checked> ${escaped(IN_WORDS[scope] ?? scope)}</label>`).join('\n')}
</fieldset>
${providers.map(({ id, displayName }) => `<button name="answer" value="allow ${escaped(id)}" formnovalidate>Sign in with ${escaped(displayName)} and allow</button>`).join('\n')}
<label>E-mail <input type="email" name="email" value="${escaped(email)}" autocomplete="username" maxlength="320"></label>
<label>Password <input type="password" name="password" autocomplete="current-password" maxlength="1024"></label>
<button name="answer" value="allow">Sign in and allow</button>
<button name="answer" value="deny" formnovalidate>Cancel</button>
</form>
<p>You can end this at any time: it is one of your tokens.</p>`,
  );
};

const destinationOf = ({ redirectUri }: SignInAsk): string => {
  if (redirectUri === null)
    return '<span class="warning">Go on only if the code that you entered is shown by a device or terminal of yours.</span>';
  const { protocol, host, hostname } = new URL(redirectUri);
  if (!/^https?:$/.test(protocol))
    return `The answer goes to the program on this computer that opens <strong>${escaped(protocol)}</strong> links.`;
  if (LOOPBACK.has(hostname))
    return `<span class="warning">The answer goes to a program on this computer (<strong>${escaped(host)}</strong>). Go on only if you have just started it.</span>`;
  return `The answer goes to <strong>${escaped(host)}</strong>.`;
};

/** To what the form may lead: where the answer is sent. */
export const formTargetOf = (redirectUri: string | null): string => {
  if (redirectUri === null) return '';
  const { protocol, origin } = new URL(redirectUri);
  return /^https?:$/.test(protocol) ? origin : protocol;
};
