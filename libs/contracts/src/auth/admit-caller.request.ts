import { defineRequest } from '../define.js';
import type { Principal } from './principal.js';

/**
 * Who presents this credential, and what may they do? Failures: `auth.credential_missing`, `auth.credential_invalid`.
 * The answer may be kept for `expiresInMs`, and no longer than `JWT_CACHE_TTL`; revocation events end it at once. The date
 * besides is by auth's clock, for those that were not told the time that is left before.
 */
export const AdmitCaller = defineRequest<
  {
    readonly credential: string | null;
    /** The asker checks `Principal.conditions`. One that does not say so is not given callers that have some: it is older. */
    readonly checksConditions?: true;
  },
  { readonly principal: Principal; readonly expiresAtMs: number; readonly expiresInMs?: number }
>('auth', 'caller.admit', { deadlineMs: 2_000 });
