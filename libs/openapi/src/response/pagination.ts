import { isObject } from '#libs/mcp';
import { isJsonType } from '../document/media-type.js';
import type { HttpAnswer } from './answer.js';

/** Under this name results carry where a list goes on. */
export const PAGINATION_META = 'switchyard/pagination';

/** Members that APIs use for it; there is no common form. */
const CURSORS = [
  'next',
  'next_cursor',
  'nextCursor',
  'next_page',
  'nextPage',
  'next_page_token',
  'nextPageToken',
  'next_url',
  'has_more',
  'hasMore',
  'cursor',
  'response_metadata',
  'paging',
  'pagination',
];
const CHARS_MAX = 2_000;
/** Past this the body is not looked into: a page that long is no hint. */
const BODY_BYTES_MAX = 1024 * 1024;

/** The `Link` header and the cursors of an answer, as they are. Never fetches anything. */
export const paginationOf = ({ headers }: HttpAnswer, body: Uint8Array): Record<string, unknown> | undefined => {
  const link = headers['link'];
  const hints: [string, unknown][] = link === undefined || link.length > CHARS_MAX ? [] : [['link', link]];
  if (isJsonType(headers['content-type'] ?? '') && body.length <= BODY_BYTES_MAX) hints.push(...cursorsIn(body));
  return hints.length === 0 ? undefined : { [PAGINATION_META]: Object.fromEntries(hints) };
};

const cursorsIn = (body: Uint8Array): [string, unknown][] => {
  try {
    const value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString()) as unknown;
    if (!isObject(value)) return [];
    return CURSORS.filter((name) => Object.hasOwn(value, name) && isShort(value[name])).map((name) => [
      name,
      value[name],
    ]);
  } catch {
    return [];
  }
};

const isShort = (value: unknown): boolean => value !== null && JSON.stringify(value).length <= CHARS_MAX;
