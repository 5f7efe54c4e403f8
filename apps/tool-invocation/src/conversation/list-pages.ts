import { fail } from '#libs/errors';
import { cacheHintOf, itemTexts, METHOD_NOT_FOUND } from '#libs/mcp';
import type { Peer } from './peer.js';

const PAGES_MAX = 100;
const ITEMS_MAX = 10_000;

export interface ListPage {
  /** The items as the upstream wrote them. */
  readonly texts: readonly string[];
  readonly hint: ReturnType<typeof cacheHintOf>;
}

/** Walks a list to its end. An upstream that never comes to one is cut short with `upstream.invalid_answer`. */
export async function* listPages(peer: Peer, method: string, key: string, timeoutMs: number): AsyncGenerator<ListPage> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  let items = 0;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { message } = await peer.request(method, cursor === undefined ? {} : { cursor }, timeoutMs);
    if (message.kind === 'error') {
      // A server may declare a capability and still not know one of its methods.
      if (message.error.code === METHOD_NOT_FOUND) return;
      throw fail('upstream.invalid_answer', {
        message: `The upstream refused ${method}: ${message.error.message.slice(0, 256)}`,
      });
    }
    const list = message.result[key];
    if (!Array.isArray(list))
      throw fail('upstream.invalid_answer', { message: `The upstream answered ${method} without ${key}` });
    items += list.length;
    if (items > ITEMS_MAX)
      throw fail('upstream.too_large', { message: `The upstream lists more than ${ITEMS_MAX} ${key}` });
    yield { texts: itemTexts(message.text, key), hint: cacheHintOf(message.result) };
    const { nextCursor } = message.result;
    if (typeof nextCursor !== 'string') return;
    if (seen.has(nextCursor))
      throw fail('upstream.invalid_answer', { message: `The upstream repeats a cursor of ${method}` });
    seen.add(nextCursor);
    cursor = nextCursor;
  }
  throw fail('upstream.too_large', { message: `The upstream has more than ${PAGES_MAX} pages of ${key}` });
}
