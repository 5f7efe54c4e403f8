import { defineEvent } from '../define.js';

/** A token, or every token of a user, is no longer good. Whoever cached it drops it at once. */
export const CredentialRevoked = defineEvent<{ readonly tokenId?: string; readonly principalId?: string }>(
  'auth',
  'credential.revoked',
);

/** What a user may do or see has changed, of everybody where it is `null`; cached principals are dropped. */
export const GrantsChanged = defineEvent<{ readonly principalId: string | null }>('auth', 'grants.changed');

/** What is presented to an upstream has changed; connections made with the old credential end. */
export const UpstreamCredentialChanged = defineEvent<{ readonly upstreamId: string }>(
  'auth',
  'upstream-credential.changed',
);

/** A person has consented to calls of an upstream, or takes that back; `isCatalogs`: what it offers is read with it. */
export const UpstreamConsentChanged = defineEvent<{
  readonly upstreamId: string;
  readonly principalId: string;
  readonly isGiven: boolean;
  readonly isCatalogs: boolean;
}>('auth', 'upstream-consent.changed');
