import type { OAuthClient } from '#contracts/auth/oauth/oauth-client';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import {
  areArguments,
  CREDENTIAL_ENTRIES_MAX,
  decidesCode,
  isHeaderName,
  isHeaderValue,
  isReservedHeader,
  isVariableName,
  isVariableValue,
} from '#contracts/auth/upstream-credential.rules';
import { isSecureUrl } from '#contracts/auth/trusted-issuers';
import { problemOfTls } from '#contracts/auth/tls/upstream-tls.rules';
import { isQuery } from '#contracts/auth/upstream-secrets.rules';
import { fail } from '#libs/errors';

const refuse = (what: string) => fail('http.invalid', { message: `${what} is not acceptable` });

const isSecure = (url: string | null): boolean => url !== null && isSecureUrl(url);

/** A person's upstream may name its authorization server itself. */
const addressesOf = ({ grantType, issuer, tokenUrl, authorizationUrl, authorizationServer }: OAuthClient) => {
  const given = [issuer, tokenUrl, authorizationUrl, authorizationServer].filter((url) => typeof url === 'string');
  return given.length === 0 && grantType !== 'authorization_code' ? [null] : given;
};

const entriesOf = (values: Readonly<Record<string, string>> | undefined, what: string): [string, string][] => {
  const entries = Object.entries(values ?? {});
  if (entries.length > CREDENTIAL_ENTRIES_MAX) throw refuse(`More than ${CREDENTIAL_ENTRIES_MAX} ${what}s`);
  if (entries.some(([, value]) => typeof value !== 'string')) throw refuse(`A ${what} that is not text`);
  return entries;
};

/**
 * Throws `http.invalid` for what could not be sent, or would say something else to the upstream than was meant. The
 * message repeats no value.
 */
export const validateUpstreamCredential = (credential: UpstreamCredential): void => {
  const { headers, env, query, documentQuery, args, oauth, tls } = credential;
  if (oauth !== undefined && !addressesOf(oauth).every(isSecure))
    throw refuse('The address of an authorization server');
  const problem = tls === undefined ? null : problemOfTls(tls);
  if (problem !== null) throw refuse(`The ${problem.part} of TLS, which ${problem.reason},`);
  if ([query, documentQuery].some((text) => text !== undefined && !isQuery(text))) throw refuse('A query');
  if (args !== undefined && !areArguments(args)) throw refuse('An argument');
  for (const [name, value] of entriesOf(headers, 'header')) {
    if (!isHeaderName(name) || isReservedHeader(name)) throw refuse('The name of a header');
    if (!isHeaderValue(value)) throw refuse(`The value of header ${name}`);
  }
  for (const [name, value] of entriesOf(env, 'environment variable')) {
    if (!isVariableName(name) || decidesCode(name)) throw refuse('The name of an environment variable');
    if (!isVariableValue(value)) throw refuse(`The value of environment variable ${name}`);
  }
};
