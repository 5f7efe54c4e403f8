import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { PASSED_HEADERS_MAX, UPSTREAM_AUTHORIZATION, whyNotPassed } from '#contracts/registry/passed-headers.rules';
import { fail } from '#libs/errors';
import type { AuthType, GatewayEntity } from '../gateway.entity.js';

/** What the settings say of headers of clients. */
export interface PassedHeadersSettings {
  readonly isEnabled: boolean;
  /** Of gateways that have no list of their own. */
  readonly fallback: readonly string[];
}

/** The gateway that passes them on. */
export interface PassedHeadersOf {
  readonly transport: UpstreamTransport | 'AUTO';
  readonly authType: AuthType;
}

type Gateway = Pick<GatewayEntity, 'transport' | 'passthroughHeaders' | 'credentialShape'>;

/** The names, in lower case, of the headers of clients that go on to a gateway's upstream. */
export const passedHeadersTo = (
  { transport, passthroughHeaders, credentialShape }: Gateway,
  { isEnabled, fallback }: PassedHeadersSettings,
): readonly string[] => {
  if (!isEnabled || !isReachedByHttp(transport)) return [];
  const names = (passthroughHeaders ?? fallback).map((name) => name.toLowerCase());
  return credentialShape.authType === 'oauth' ? names.filter((name) => name !== UPSTREAM_AUTHORIZATION) : names;
};

/**
 * Whether a gateway may be told to pass these on: `before` is what it was told until now. Throws `http.invalid` with the
 * reason, also for a setting that has no effect.
 */
export const assertMayPass = (
  wanted: readonly string[] | null | undefined,
  before: readonly string[] | null,
  becomes: PassedHeadersOf,
  { isEnabled }: PassedHeadersSettings,
): void => {
  const names = wanted === undefined ? before : wanted;
  if (!names?.length) return;
  const isNew = wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(before);
  if (isNew) assertNames(names, isEnabled);
  if (!isReachedByHttp(becomes.transport))
    throw invalid('are for upstreams that are reached by HTTP: a program has no headers');
  const isAuthorized = names.some((name) => name.toLowerCase() === UPSTREAM_AUTHORIZATION);
  if (isAuthorized && becomes.authType === 'oauth')
    throw invalid('must not have X-Upstream-Authorization where authType is oauth: its access token is what is shown');
};

const assertNames = (names: readonly string[], isEnabled: boolean): void => {
  if (!isEnabled) throw invalid('have no effect here: ENABLE_HEADER_PASSTHROUGH is off');
  if (names.length > PASSED_HEADERS_MAX) throw invalid(`must be at most ${PASSED_HEADERS_MAX}`);
  const seen = new Set<string>();
  for (const name of names) {
    const reason = seen.has(name.toLowerCase()) ? 'is there twice' : whyNotPassed(name);
    if (reason !== null) throw invalid(`: "${name.slice(0, 64)}" ${reason}`);
    seen.add(name.toLowerCase());
  }
};

const isReachedByHttp = (transport: UpstreamTransport | 'AUTO'): boolean =>
  transport !== 'STDIO' && transport !== 'OWN';

const invalid = (reason: string) =>
  fail('http.invalid', { message: `passthroughHeaders${reason.startsWith(':') ? '' : ' '}${reason}` });
