import type { Context, ErrorOut } from 'oidc-provider';
import { ENDED, endedBody, escaped, pageHeaders, pageOf } from '../../rest/html-page.js';

const show = (ctx: Context, title: string, body: string): void => {
  ctx.set(pageHeaders());
  ctx.body = pageOf(title, body);
};

/** Why a code that was typed is not taken, in words. */
const PROBLEMS: Readonly<Record<string, string>> = {
  NoCodeError: 'Enter the code that the device or terminal shows.',
  NotFoundError: 'There is no such code. Look whether it was typed as it is shown.',
  ExpiredError: 'The code has expired. Have the device or terminal show a new one.',
  AlreadyUsedError: 'The code was used already. Have the device or terminal show a new one.',
  AbortedError: 'You said no. Nothing was allowed.',
};

/** The pages of the device flow; `form` is HTML of `oidc-provider` with its protection against forgery. https://www.rfc-editor.org/rfc/rfc8628#section-3.3 */
export const devicePages = {
  userCodeInputSource: (ctx: Context, form: string, out?: ErrorOut, error?: Error): void => {
    const problem =
      out === undefined && error === undefined ? null : (PROBLEMS[error?.name ?? ''] ?? 'That went wrong.');
    show(
      ctx,
      'Enter the code',
      `<p>Enter the code that the device or terminal shows.</p>
${problem === null ? '' : `<p role="alert">${escaped(problem)}</p>`}
${withoutHandlers(form)}
<button type="submit" form="op.deviceInputForm">Continue</button>`,
    );
  },
  userCodeConfirmSource: (ctx: Context, form: string, client: { clientName?: string }, _info: unknown, code: string) =>
    show(
      ctx,
      'Is this your code?',
      `<p><strong>${escaped(client.clientName ?? 'A client without a name')}</strong> shows this code, if it is yours:</p>
<p><code>${escaped(code)}</code></p>
${form}
<button type="submit" form="op.deviceConfirmForm">It is, continue</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">It is not</button>`,
    ),
  successSource: (ctx: Context): void =>
    show(ctx, 'You are signed in', '<p>Go back to the device or terminal. You may close this page.</p>'),
};

/** No script runs on our pages. */
const withoutHandlers = (form: string): string => form.replace(/ onfocus="[^"]*"/g, '').replace('</input>', '');

/** What goes wrong before there is a client to be sent back to. */
export const renderError = (ctx: Context, { error, error_description: why }: ErrorOut): void =>
  show(ctx, ENDED, endedBody(why ?? error));
