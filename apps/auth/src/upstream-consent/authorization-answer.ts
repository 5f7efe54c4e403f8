import { type GatewayError, fail } from '#libs/errors';

/** What of a flow says whose answer may be taken. */
export interface ExpectedAnswer {
  /** Null: the authorization server was given by its addresses alone. */
  readonly issuer: string | null;
  readonly authorizationUrl: string;
  /** It says who it is in each answer. */
  readonly namesItself: boolean;
}

const ERROR_CODE = /^[\w.-]{1,64}$/;
const CODE_CHARS_MAX = 4_096;

/**
 * The code that a browser brings back. Throws `http.invalid`: first for an answer of another issuer, of which nothing is told, then
 * with what the authorization server says. https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization
 */
export const codeOf = (answer: URLSearchParams, expected: ExpectedAnswer): string => {
  const one = (name: string): string | null => {
    const values = answer.getAll(name);
    if (values.length > 1) throw refused('The answer of the authorization server is ambiguous');
    return values[0] ?? null;
  };
  checkIssuer(one('iss'), expected);
  const error = one('error');
  if (error !== null)
    throw refused(
      `The authorization server says ${ERROR_CODE.test(error) ? error : 'that it failed, in no code that is known'}`,
    );
  const code = one('code');
  if (code === null || code === '' || code.length > CODE_CHARS_MAX)
    throw refused('The authorization server has sent no code');
  return code;
};

/** Byte for byte. https://www.rfc-editor.org/rfc/rfc9207#section-2.4 */
const checkIssuer = (named: string | null, { issuer, authorizationUrl, namesItself }: ExpectedAnswer): void => {
  if (named === null) {
    if (namesItself) throw refused('The answer does not say which authorization server it is from');
    return;
  }
  // One without a name is known by where it is.
  const isExpected = issuer === null ? URL.parse(named)?.origin === new URL(authorizationUrl).origin : named === issuer;
  if (!isExpected) throw refused('The answer is from another authorization server than was asked');
};

const refused = (message: string): GatewayError => fail('http.invalid', { message });
