import type { UpstreamCall } from '#contracts/tool-invocation/execute-call.request';
import type { ScopedCall } from './calls.js';

/** The token of a caller, encrypted for auth, for an upstream for which it is exchanged; `undefined` for all others. */
export const subjectTokenOf = (
  { catalog, principal }: Pick<ScopedCall, 'catalog' | 'principal'>,
  upstreamId: string,
): UpstreamCall['subjectToken'] => (catalog.exchangesTokens(upstreamId) ? principal.subjectToken : undefined);
