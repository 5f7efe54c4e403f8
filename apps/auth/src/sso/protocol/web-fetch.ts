import type { Bus } from '#libs/bus';
import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import { PostForm } from '#contracts/tool-invocation/web/post-form.request';

const BYTES_MAX = 512 * 1024;
const TIMEOUT_MS = 5_000;

interface Init {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  readonly body?: unknown;
}

/** Asks a provider; rejects with a `GatewayError`. */
export type WebFetch = (url: string, init?: Init) => Promise<Response>;

/**
 * Asks providers through tool-invocation, which alone reaches outside, within the egress policy and without following redirects.
 * Shaped as `fetch`, which `openid-client` and `jose` ask for: they read JSON alone and post forms alone.
 */
export const webFetch =
  (bus: Bus): WebFetch =>
  async (url, { method = 'GET', headers, body } = {}) => {
    const authorization = new Headers(headers).get('authorization');
    if (method === 'POST') {
      const request = { url, bytesMax: BYTES_MAX, ...(authorization !== null && { authorization }) };
      const form = body instanceof URLSearchParams ? body.toString() : '';
      const answer = await bus.ask(PostForm, request, { body: form, timeoutMs: TIMEOUT_MS });
      return jsonOf(answer.body?.toString() ?? '', answer.head.status);
    }
    // Some refuse who does not say what they are. https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent
    const shown = authorization === null ? {} : { Authorization: authorization, 'User-Agent': 'switchyard' };
    const request = { url, bytesMax: BYTES_MAX, ...(authorization !== null && { credential: { headers: shown } }) };
    const answer = await bus.ask(FetchDocument, request, { timeoutMs: TIMEOUT_MS });
    return jsonOf(answer.body?.toString() ?? '', 200);
  };

const jsonOf = (text: string, status: number): Response =>
  new Response(text, { status, headers: { 'content-type': 'application/json' } });
