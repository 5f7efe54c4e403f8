import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { MASK, isQuery, maskArguments, splitQuery } from '#contracts/auth/upstream-secrets.rules';
import { type GatewayError, fail } from '#libs/errors';
import type { GatewayEntity } from '../gateway.entity.js';
import { type CredentialForm, NO_CREDENTIAL } from './credential-form.js';

/** What of an address auth keeps; the registry keeps the rest, with a mask in its place. */
export type AddressSecrets = Pick<UpstreamCredential, 'query' | 'documentQuery' | 'args'>;

/** `secrets` null: the address is as it was, whatever of it is kept. */
interface Sealed<Shown> {
  readonly shown: Shown;
  readonly secrets: AddressSecrets | null;
}

/** A URL as the registry keeps it, and its query. `before`: what is kept; sent back as it was shown, it stays. */
export const sealUrl = (
  given: string,
  before: string | null,
  member: 'query' | 'documentQuery' = 'query',
): Sealed<string> => {
  if (before !== null && (given === before || given === splitQuery(before).shown)) {
    return { shown: before, secrets: null };
  }
  const { shown, query } = splitQuery(given);
  const field = member === 'query' ? 'url' : 'openapi.documentUrl';
  if (query === null) return { shown, secrets: {} };
  if (query.includes(MASK)) throw incomplete(field);
  if (!isQuery(query)) throw invalid(field, 'has a query that is too long');
  return { shown, secrets: { [member]: query } };
};

/** The same for the arguments of a program. All of them are kept where one holds a secret. */
export const sealArguments = (given: readonly string[], before: readonly string[]): Sealed<readonly string[]> => {
  const isSame = [before, maskArguments(before)].some((args) => JSON.stringify(args) === JSON.stringify(given));
  if (isSame) return { shown: before, secrets: null };
  if (given.some((arg) => arg.includes(MASK))) throw incomplete('args');
  const shown = maskArguments(given);
  return { shown, secrets: shown.some((arg, index) => arg !== given[index]) ? { args: given } : {} };
};

/** The credential of a gateway, with what its address holds of it. */
export const withAddress = (form: CredentialForm, secrets: AddressSecrets | null): CredentialForm =>
  secrets === null || Object.keys(secrets).length === 0
    ? form
    : {
        shape: { ...form.shape, sealsAddress: true },
        credential: { ...form.credential, ...secrets, ...joinedQuery(secrets.query, form.credential?.query) },
      };

/** A key in the query stands behind what the URL has. */
const joinedQuery = (ofAddress: string | undefined, ofCredential: string | undefined) => {
  const query = [ofAddress, ofCredential].filter((part) => part !== undefined).join('&');
  if (!isQuery(query) && query !== '') throw invalid('url', 'has a query that is too long');
  return query === '' ? {} : { query };
};

/**
 * What an update makes of the credential; null where it stays. Auth keeps one credential and shows the registry none, so
 * whoever changes a part of it gives all of it. Throws `http.invalid` where a part is missing.
 */
export const changedCredential = (
  { credentialShape: before }: Pick<GatewayEntity, 'credentialShape'>,
  form: CredentialForm | null,
  secrets: AddressSecrets | null,
): CredentialForm | null => {
  if (form !== null) {
    if (secrets === null && before.sealsAddress) throw incomplete('url, args or openapi.documentUrl');
    return withAddress(form, secrets);
  }
  const hasAddress = secrets !== null && Object.keys(secrets).length > 0;
  if (secrets === null || (!hasAddress && !before.sealsAddress)) return null;
  if (before.authType !== 'none' || before.envNames.length > 0) {
    throw fail('http.invalid', {
      message: 'The credential must be given again, with an address that holds a part of it',
    });
  }
  return withAddress(NO_CREDENTIAL, secrets);
};

const incomplete = (field: string): GatewayError =>
  invalid(field, `must be given in full, since a part of it is kept as a secret; ${MASK} only stands for all of it`);

const invalid = (field: string, problem: string): GatewayError =>
  fail('http.invalid', {
    message: `${field} ${problem}`,
    data: { errors: [{ field, message: `${field} ${problem}` }] },
  });
