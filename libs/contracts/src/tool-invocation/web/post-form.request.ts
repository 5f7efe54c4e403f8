import { defineRequest } from '../../define.js';

/**
 * Posts a form, or JSON, over HTTP, within the egress policy and without following redirects. The request's body is the form, the
 * reply's the text that came back, whatever its status. Failures: `upstream.unreachable`, `upstream.refused`,
 * `upstream.too_large`, `upstream.invalid_answer`, `upstream.timed_out`.
 */
export const PostForm = defineRequest<
  {
    readonly url: string;
    /** `Authorization`, where the form holds no credential. Secret. */
    readonly authorization?: string;
    /** The body is a JSON text, as of a registration (RFC 7591). */
    readonly isJson?: true;
    /** The URL of the upstream that named it: where that is on the internet, this leads there too, or nowhere. */
    readonly namedBy?: string;
    readonly bytesMax: number;
  },
  { readonly status: number }
>('tool-invocation', 'form.post', { deadlineMs: 8_000 });
