import { ApiProperty } from '@nestjs/swagger';
import type { PageSize } from '../registry.settings.js';
import { type EntryKind, LIST_OF } from '../storage/entry-kind.js';

/** How much of a list clients see. */
export interface ListLength {
  readonly entries: number;
  /** Of their definitions. */
  readonly bytes: number;
}

/** Nothing is wrong with the list, yet some clients do not get all of it. */
export interface ListFinding {
  readonly list: string;
  readonly finding: string;
}

export class ListFindingView implements ListFinding {
  @ApiProperty({ type: String, description: 'The MCP list, such as `tools`.' })
  readonly list!: string;

  @ApiProperty({ type: String })
  readonly finding!: string;
}

/** Names each list that is longer than one page. */
export const listFindings = (
  lengths: Readonly<Partial<Record<EntryKind, ListLength>>>,
  { entriesMax, bytesMax }: PageSize,
): ListFinding[] =>
  Object.entries(LIST_OF).flatMap(([kind, list]) => {
    const { entries, bytes } = lengths[kind as EntryKind] ?? { entries: 0, bytes: 0 };
    if (entries <= entriesMax && (bytes <= bytesMax || entries <= 1)) return [];
    const size = `${entries} entries, ${bytes} bytes`;
    const page = `one page (LIST_PAGE_SIZE ${entriesMax}, LIST_PAGE_BYTES ${bytesMax})`;
    return [{ list, finding: `${size}: longer than ${page}; clients that read one page only miss the rest` }];
  });
