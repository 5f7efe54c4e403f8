import { defineRequest } from '../define.js';

/**
 * One replica of ingress hands another what a client has posted for a connection that is held there. The message is the
 * body; the reply says that it was taken, not what became of it. Failures: `mcp.session_unknown`, `http.overloaded`,
 * `mcp.invalid_request`.
 */
export const TakeMessage = defineRequest<
  {
    readonly connectionId: string;
    /** Whom the one who asks has admitted, and with what. */
    readonly principalId: string;
    readonly credential: string | null;
    /**
     * Of the other headers of its request, name by name with its value, what may go on to an upstream; absent: nothing.
     * Secret, as the credential is.
     */
    readonly passableHeaders?: readonly string[];
    /** Of its client, which may decide whether its token is good; absent: it is not known. */
    readonly address?: string;
  },
  Record<string, never>
>('ingress', 'message.take', { deadlineMs: 5_000 });
