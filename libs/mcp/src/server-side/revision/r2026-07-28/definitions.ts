import type { ListKind } from '../../codec.js';
import { withoutMembers } from '../../definition-text.js';

/** `execution` announced the experimental tasks of 2025-11-25; this revision has no such member. */
export const definition = (list: ListKind, text: string): string =>
  list === 'tools' ? withoutMembers(text, ['execution']) : text;
