import { fail } from '#libs/errors';
import type { ListKind } from '#libs/mcp';
import type { Seal } from './seal.js';

/** What a cursor belongs to: good for nothing else. */
export interface CursorScope {
  readonly list: ListKind;
  readonly serverId: string | null;
  readonly principalId: string;
}

interface Position {
  readonly index: number;
  /** The entry before it, by which the place is found again after the list has changed. */
  readonly after: string;
}

const purposeOf = ({ list, serverId, principalId }: CursorScope): string =>
  JSON.stringify(['cursor', list, serverId, principalId]);

/**
 * A cursor for the page that begins at `index`, behind the entry that `after` names; good in this scope alone.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/pagination
 */
export const writeCursor = (seal: Seal, scope: CursorScope, index: number, after: string): string =>
  seal.close(purposeOf(scope), { index, after } satisfies Position);

/** Where the page begins. `idOf` names the entry at an index. Throws `mcp.cursor_invalid`. */
export const readCursor = (
  seal: Seal,
  scope: CursorScope,
  cursor: unknown,
  length: number,
  idOf: (index: number) => string,
): number => {
  if (cursor === undefined) return 0;
  const position =
    typeof cursor === 'string' ? (seal.open(purposeOf(scope), cursor) as Position | undefined) : undefined;
  if (position === undefined) throw fail('mcp.cursor_invalid');
  const { index, after } = position;
  if (index <= length && idOf(index - 1) === after) return index;
  for (let at = 0; at < length; at++) if (idOf(at) === after) return at + 1;
  throw fail('mcp.cursor_invalid', { message: 'The list has changed since: begin again' });
};
