import { fail } from '#libs/errors';
import type { AddressedRequest } from './client-address.js';

/** Of an `IncomingMessage`, what a credential can come in, and where it comes from. */
export interface CredentialCarrier extends AddressedRequest {
  readonly rawHeaders: readonly string[];
  readonly url?: string | undefined;
}

const CREDENTIAL_CHARS_MAX = 8192;
const SCHEME = 'bearer ';

/**
 * The bearer token of a request, or `null` when it brings none. Whatever else stands in for one is refused: a scheme
 * we do not know, two headers (of which Node would silently keep the first), a token in the URL. Throws
 * `auth.credential_invalid` or `auth.credential_ambiguous`. https://www.rfc-editor.org/rfc/rfc6750#section-2.1
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
  const token = tokenOf(header);
  if (token === null) throw fail('auth.credential_invalid');
  return token;
};

/** Runs for every request, so it looks at no character twice: what is not a token is found out where it is verified. */
const tokenOf = (header: string): string | null => {
  if (header.length > CREDENTIAL_CHARS_MAX || header.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return null;
  const token = header.slice(SCHEME.length).trim();
  return token === '' || token.includes(' ') || token.includes(',') ? null : token;
};

const carriesToken = (url: string): boolean => {
  const query = url.indexOf('?');
  return query >= 0 && /[?&]access_token=/i.test(url.slice(query));
};
