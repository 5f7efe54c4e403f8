import type { ListKind } from '../../codec.js';
import { withoutMembers, wrapOutputSchema } from '../../definition-text.js';

/** Members that this revision does not have, or that announce what the gateway does not do in it. */
const ABSENT = ['execution', 'icons'];

export const definition = (list: ListKind, text: string): string => {
  const known = withoutMembers(text, ABSENT);
  return list === 'tools' ? wrapOutputSchema(known) : known;
};
