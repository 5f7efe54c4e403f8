import type { ListKind } from '#libs/mcp';
import { defineEvent, defineRequest } from '../define.js';
import type { HeaderParam } from '../registry/catalog.js';
import type { CallClient, DedicatedSession } from './execute-call.request.js';

/** One entry that a process lists, and the look-over does not, or not so. */
export interface OwnEntry {
  readonly list: ListKind;
  /** The upstream's own name or URI. */
  readonly name: string;
  readonly definition: string;
  /** Of a tool. */
  readonly headerParams: readonly HeaderParam[];
}

/** How what one process of an upstream lists differs from what is listed for everybody. */
export interface OwnLists {
  readonly entries: readonly OwnEntry[];
  /** Listed for everybody, but not there. */
  readonly missing: readonly { readonly list: ListKind; readonly name: string }[];
}

/**
 * A process of an upstream, which is not the one whose lists are everybody's, lists something else than before, or has
 * ended after it did. `owner`: the key of the dedicated session; else `principal` and its id where its clients can be
 * asked; else `everybody` who cannot.
 */
export const OwnListsChanged = defineEvent<{
  readonly upstreamId: string;
  readonly owner: string;
  /** Which has that process. */
  readonly instance: string;
}>('tool-invocation', 'upstream.own-lists-changed');

/** What the process lists that calls of this client would go to; asked of the instance that has it. `null`: nothing else. */
export const DescribeOwnLists = defineRequest<
  {
    readonly upstreamId: string;
    readonly principalId: string;
    readonly capabilities: CallClient['capabilities'];
    readonly revision: CallClient['revision'];
    readonly clientKey?: CallClient['key'];
    readonly dedicatedSession?: DedicatedSession;
  },
  { readonly lists: OwnLists | null }
>('tool-invocation', 'upstream.own-lists', { deadlineMs: 5_000 });
