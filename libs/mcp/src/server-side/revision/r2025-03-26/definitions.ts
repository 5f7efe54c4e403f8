import type { ListKind } from '../../codec.js';
import { withoutMembers } from '../../definition-text.js';

/** Members that this revision does not have. */
const ABSENT = ['execution', 'icons', 'title', 'outputSchema', '_meta'];

export const definition = (_list: ListKind, text: string): string => withoutMembers(text, ABSENT);
