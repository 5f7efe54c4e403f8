import {
  type TlsShape,
  type UpstreamTls,
  certificateFacts,
  problemOfTls,
} from '#contracts/auth/tls/upstream-tls.rules';
import { MASK } from '#contracts/auth/upstream-secrets.rules';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { type GatewayError, fail } from '#libs/errors';
import type { CredentialShape } from '../gateway.entity.js';
import { type CredentialForm, NO_CREDENTIAL } from '../registration/credential-form.js';
import type { TlsBody } from './tls.body.js';

type Members = Pick<TlsBody, 'caCertificate' | 'clientCert' | 'clientKey'>;
type Place = { readonly transport: UpstreamTransport | 'AUTO'; readonly url: string | null };

const MEMBERS = { ca: 'caCertificate', cert: 'clientCert', key: 'clientKey' } as const;

/** What a body says of certificates: null: none; undefined: as it was. Throws `http.invalid`. */
export const tlsFrom = (body: Members, before: TlsShape | undefined): UpstreamTls | null | undefined => {
  const hasClient = (before?.client ?? null) !== null;
  const kept = { ca: (before?.authorities.length ?? 0) > 0, cert: hasClient, key: hasClient };
  const stays = (part: keyof UpstreamTls): boolean => {
    const given = body[MEMBERS[part]];
    return given === undefined || given === MASK || (!given && !kept[part]);
  };
  const parts = Object.keys(MEMBERS) as (keyof UpstreamTls)[];
  if (parts.every(stays)) {
    if (before === undefined && parts.some((part) => body[MEMBERS[part]] === MASK))
      throw invalid('caCertificate, clientCert or clientKey', `${MASK} is no certificate`);
    return before === undefined ? null : undefined;
  }
  const missing = parts.find(
    (part) => kept[part] && (body[MEMBERS[part]] === undefined || body[MEMBERS[part]] === MASK),
  );
  if (missing !== undefined)
    throw invalid(MEMBERS[missing], 'must be given too: certificates and key are changed together');
  const given = Object.fromEntries(parts.map((part) => [part, body[MEMBERS[part]]]).filter(([, text]) => text));
  const tls: UpstreamTls = given;
  if (Object.keys(tls).length === 0) return null;
  const problem = problemOfTls(tls);
  if (problem !== null) throw invalid(MEMBERS[problem.part], problem.reason);
  return tls;
};

/**
 * The credential with the certificates that a body asks for; null where all stays as it was. Auth keeps one credential and shows
 * the registry none, so whoever changes a part of it gives all of it. Throws `http.invalid`.
 */
export const changedTls = (
  before: CredentialShape,
  form: CredentialForm | null,
  tls: UpstreamTls | null | undefined,
): CredentialForm | null => {
  if (tls === undefined) {
    if (form !== null)
      throw invalid('caCertificate, clientCert and clientKey', 'must be given again with another credential');
    return null;
  }
  if (tls === null && before.tls === undefined) return form;
  const hasMore = before.authType !== 'none' || before.sealsAddress === true;
  if (form === null && hasMore)
    throw fail('http.invalid', { message: 'The credential must be given again with other certificates' });
  return withTls(form ?? NO_CREDENTIAL, tls);
};

/** A credential with certificates beside. */
export const withTls = (form: CredentialForm, tls: UpstreamTls | null): CredentialForm => {
  if (tls === null) return form;
  const { ca, cert } = tls;
  const client = cert === undefined ? null : (certificateFacts(cert)[0] ?? null);
  const shape = { authorities: ca === undefined ? [] : certificateFacts(ca), client };
  return { shape: { ...form.shape, tls: shape }, credential: { ...form.credential, tls } };
};

/** Throws `http.invalid` where there is no TLS that certificates could be for. */
export const assertHasTls = (tls: TlsShape | UpstreamTls | null | undefined, { transport, url }: Place): void => {
  if (!tls) return;
  if (transport === 'STDIO' || transport === 'OWN' || url === null || !url.toLowerCase().startsWith('https:'))
    throw invalid('caCertificate, clientCert and clientKey', 'are for upstreams that are reached by an https: URL');
};

/** Whether a document may be fetched with the certificates of an API: where both are known to be at the same origin. */
export const isAtServer = (documentUrl: string | null, serverUrl: string | null): boolean => {
  const at = documentUrl === null ? null : URL.parse(documentUrl);
  return at !== null && serverUrl !== null && at.origin === URL.parse(serverUrl)?.origin;
};

const invalid = (field: string, problem: string): GatewayError =>
  fail('http.invalid', {
    message: `${field} ${problem}`,
    data: { errors: [{ field, message: `${field} ${problem}` }] },
  });
