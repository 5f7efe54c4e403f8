import { defineRequest } from '../../define.js';

/**
 * An upstream answered a call of this principal that their consent covers too little: it wants these scopes. Rejects with
 * `upstream.consent_needed` where they can consent to more; answers where that would not help, as they were asked for these already or
 * consent to nothing.
 */
export const WantUpstreamScopes = defineRequest<
  { readonly upstreamId: string; readonly principalId: string; readonly scopes: readonly string[] },
  { readonly helps: false }
>('auth', 'upstream-scopes.want', { deadlineMs: 3_000 });
