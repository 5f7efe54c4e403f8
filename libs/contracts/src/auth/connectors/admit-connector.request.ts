import { defineRequest } from '../../define.js';

/**
 * Which connector presents this token, and which names may it serve? The answer is good for `expiresInMs`; `ConnectorRevoked`
 * ends it at once. Failures: `auth.credential_missing`, `auth.credential_invalid`.
 */
export const AdmitConnector = defineRequest<
  { readonly token: string | null },
  {
    readonly connectorId: string;
    /** What people call it. */
    readonly label: string;
    /** Of upstreams that it may serve. */
    readonly names: readonly string[];
    readonly expiresInMs: number;
  }
>('auth', 'connector.admit', { deadlineMs: 2_000 });

/** Of these connectors, those whose token is still good. Asked by whoever may have missed a `ConnectorRevoked`. */
export const FindGoodConnectors = defineRequest<
  { readonly connectorIds: readonly string[] },
  { readonly connectorIds: readonly string[] }
>('auth', 'connector.find-good', { deadlineMs: 2_000 });
