import { fail, toGatewayError } from '#libs/errors';
import { cacheHintOf, itemTexts, METHOD_NOT_FOUND } from '#libs/mcp';
import type { Peer } from './peer.js';

const PAGES_MAX = 100;
const ITEMS_MAX = 10_000;

export interface ListPage {
  /** The items as the upstream wrote them. */
  readonly texts: readonly string[];
  readonly hint: ReturnType<typeof cacheHintOf>;
}

/** How the walk through a list came to its end. */
export interface ListEnd {
  /** What was wrong with it; `null` for an ordinary end. */
  readonly finding: string | null;
  /** There is more, which could not be read. */
  readonly isIncomplete: boolean;
}

const ORDINARY: ListEnd = { finding: null, isIncomplete: false };

/**
 * Walks a list to its end. What goes wrong after the first page ends the walk and what was read stays; before that it
 * throws `upstream.invalid_answer` or what the request fails with.
 */
export async function* listPages(
  peer: Peer,
  method: string,
  key: string,
  timeoutMs: number,
): AsyncGenerator<ListPage, ListEnd, undefined> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  let previous = '';
  let items = 0;
  for (let page = 0; page < PAGES_MAX; page++) {
    let read: Awaited<ReturnType<typeof readPage>>;
    try {
      read = await readPage(peer, method, key, cursor, timeoutMs);
    } catch (error) {
      if (page === 0) throw error;
      return { finding: `page ${page + 1} was not to be had: ${toGatewayError(error).message}`, isIncomplete: true };
    }
    if (read === null) return ORDINARY;
    const { texts, hint, nextCursor } = read;
    const kept = texts.slice(0, ITEMS_MAX - items);
    items += texts.length;
    // A server that does not know its own cursor begins again.
    const content = kept.join('\n');
    if (content === '' || content !== previous) yield { texts: kept, hint };
    previous = content;
    if (items > ITEMS_MAX) return { finding: `only the first ${ITEMS_MAX} entries are read`, isIncomplete: false };
    if (nextCursor === undefined || nextCursor === null) return ORDINARY;
    if (typeof nextCursor !== 'string') return { finding: 'its nextCursor is no text', isIncomplete: false };
    if (seen.has(nextCursor)) return { finding: 'its cursor repeats itself', isIncomplete: false };
    seen.add(nextCursor);
    cursor = nextCursor;
  }
  return { finding: `only the first ${PAGES_MAX} pages are read`, isIncomplete: false };
}

/** `null`: there is no such list, although its capability was declared. */
const readPage = async (peer: Peer, method: string, key: string, cursor: string | undefined, timeoutMs: number) => {
  const { message } = await peer.request(method, cursor === undefined ? {} : { cursor }, timeoutMs);
  if (message.kind === 'error') {
    if (message.error.code === METHOD_NOT_FOUND && cursor === undefined) return null;
    throw fail('upstream.invalid_answer', {
      message: `The upstream refused ${method}: ${message.error.message.slice(0, 256)}`,
    });
  }
  const { [key]: list, nextCursor } = message.result;
  // An empty list of Go is `null`.
  if (list === null) return { texts: [], hint: cacheHintOf(message.result), nextCursor };
  if (!Array.isArray(list))
    throw fail('upstream.invalid_answer', { message: `The upstream answered ${method} without ${key}` });
  return { texts: itemTexts(message.text, key), hint: cacheHintOf(message.result), nextCursor };
};
