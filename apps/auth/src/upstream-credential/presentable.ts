import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { fail } from '#libs/errors';

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~\w]{1,128}$/;
/** https://www.rfc-editor.org/rfc/rfc9110#section-5.5 without the obsolete bytes. */
const HEADER_VALUE = /^[\t\x20-\x7e]{0,8192}$/;
const ENV_NAME = /^[A-Za-z_]\w{0,127}$/;
const ENV_VALUE_CHARS_MAX = 32_768;
const ENTRIES_MAX = 64;
/** Set by whoever sends the request; a credential has no say in them. */
const NOT_CREDENTIALS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
]);

const refuse = (what: string) => fail('http.invalid', { message: `${what} is not acceptable` });

const entriesOf = (values: Readonly<Record<string, string>> | undefined, what: string): [string, string][] => {
  const entries = Object.entries(values ?? {});
  if (entries.length > ENTRIES_MAX) throw refuse(`More than ${ENTRIES_MAX} ${what}s`);
  if (entries.some(([, value]) => typeof value !== 'string')) throw refuse(`A ${what} that is not text`);
  return entries;
};

/** Refuses what could not be sent, or would say something else to the upstream than was meant. Repeats no value. */
export const checkPresentable = ({ headers, env }: UpstreamCredential): void => {
  for (const [name, value] of entriesOf(headers, 'header')) {
    if (!HEADER_NAME.test(name) || NOT_CREDENTIALS.has(name.toLowerCase())) throw refuse('The name of a header');
    if (!HEADER_VALUE.test(value)) throw refuse(`The value of header ${name}`);
  }
  for (const [name, value] of entriesOf(env, 'environment variable')) {
    if (!ENV_NAME.test(name)) throw refuse('The name of an environment variable');
    if (value.includes('\0') || value.length > ENV_VALUE_CHARS_MAX)
      throw refuse(`The value of environment variable ${name}`);
  }
};
