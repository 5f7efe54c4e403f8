import { FetchDocument } from '#contracts/tool-invocation/web/fetch-document.request';
import type { Bus } from '#libs/bus';
import { readClientDocument } from './asked.js';

const BYTES_MAX = 16 * 1024;
const TIMEOUT_MS = 5_000;

/**
 * Fetches what clients have put on the web, their metadata documents and keys, through tool-invocation, which alone reaches
 * outside and nothing that is inside. Shaped as `fetch`, which `oidc-provider` asks for; rejects with a `GatewayError`.
 */
export const documentFetch =
  (bus: Bus) =>
  async (url: string | URL): Promise<Response> => {
    const { body } = await bus.ask(
      FetchDocument,
      { url: String(url), bytesMax: BYTES_MAX, isStrangers: true },
      { timeoutMs: TIMEOUT_MS },
    );
    const document: unknown = JSON.parse(body?.toString() ?? '');
    const isClient = typeof document === 'object' && document !== null && 'client_id' in document;
    return Response.json(isClient ? readClientDocument(document) : document);
  };
