import { fail } from '#libs/errors';

/** Of an `IncomingMessage`, what a credential can come in. */
export interface CredentialCarrier {
  readonly rawHeaders: readonly string[];
  readonly url?: string | undefined;
}

const CREDENTIAL_CHARS_MAX = 8192;
/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const BEARER = /^bearer +([\w\-.~+/]+=*) *$/i;

/**
 * The bearer token of a request, or `null` when it brings none. Whatever else stands in for one is refused: a scheme
 * we do not know, two headers (of which Node would silently keep the first), a token in the URL.
 */
export const readCredential = ({ rawHeaders, url }: CredentialCarrier): string | null => {
  if (url !== undefined && carriesToken(url)) {
    throw fail('auth.credential_invalid', {
      message: 'A token in the URL is not accepted; send it as a Bearer header',
    });
  }
  let header: string | null = null;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    if (header !== null) throw fail('auth.credential_ambiguous');
    header = rawHeaders[index + 1] as string;
  }
  if (header === null) return null;
  if (header.length > CREDENTIAL_CHARS_MAX) throw fail('auth.credential_invalid');
  const token = BEARER.exec(header)?.[1];
  if (token === undefined) throw fail('auth.credential_invalid');
  return token;
};

const carriesToken = (url: string): boolean => {
  const query = url.indexOf('?');
  return query >= 0 && /[?&]access_token=/i.test(url.slice(query));
};
