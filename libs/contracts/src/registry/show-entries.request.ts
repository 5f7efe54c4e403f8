import type { ListKind } from '#libs/mcp';
import { defineRequest } from '../define.js';

/** An entry as clients see it. */
export interface ShownEntry {
  readonly name: string;
  readonly definition: string;
}

/**
 * How entries would be shown that an upstream lists to some callers alone: in the order they are asked for; `null` for
 * one that must not be, as it is disabled or its name cannot be offered. Failure: `upstream.unknown`.
 */
export const ShowEntries = defineRequest<
  {
    readonly upstreamId: string;
    readonly entries: readonly { readonly list: ListKind; readonly name: string; readonly definition: string }[];
  },
  { readonly shown: readonly (ShownEntry | null)[] }
>('registry', 'entries.show', { deadlineMs: 5_000 });
