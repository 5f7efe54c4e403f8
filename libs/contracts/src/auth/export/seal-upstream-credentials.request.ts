import type { Actor } from '../../audit-event.js';
import { defineRequest } from '../../define.js';

/**
 * Seals what upstreams are shown with a key of whoever exports it, AES-256-GCM, each for its place alone. It is noted in the
 * audit trail. Null: there is nothing kept. Failures: `platform.internal` where a kept credential cannot be opened.
 */
export const SealUpstreamCredentials = defineRequest<
  {
    /** 32 bytes in base64. Secret. */
    readonly key: string;
    readonly credentials: readonly {
      readonly upstreamId: string;
      readonly name: string;
      /** Additional authenticated data: what is sealed opens for the same alone. */
      readonly place: string;
    }[];
    readonly by?: Actor;
  },
  /** Base64url of nonce, ciphertext and tag; in the order of the request. */
  { readonly sealed: readonly (string | null)[] }
>('auth', 'upstream-credentials.seal', { deadlineMs: 15_000 });
