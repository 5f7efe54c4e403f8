import type { UpstreamCredential } from '../auth/upstream-credential.request.js';
import { defineRequest } from '../define.js';
import type { UpstreamProfile } from '../registry/resolve-upstream.request.js';

/**
 * Asks a gRPC server what it has, by reflection. The body of the reply is a `google.protobuf.FileDescriptorSet` in base64, as
 * the server describes it. Failures: `upstream.unreachable`, `upstream.refused`, `upstream.unauthorised`,
 * `upstream.too_large`, `upstream.invalid_answer` (also where it has no reflection), `upstream.timed_out`.
 */
export const ReflectGrpc = defineRequest<
  {
    readonly profile: UpstreamProfile;
    /** Whole names; empty: all. */
    readonly services: readonly string[];
    /** What to present; when absent it is asked of auth. */
    readonly credential?: UpstreamCredential | null;
  },
  { readonly services: readonly string[] }
>('tool-invocation', 'grpc.reflect', { deadlineMs: 30_000 });
