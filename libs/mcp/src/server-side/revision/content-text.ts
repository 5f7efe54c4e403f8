import { type CarriedJson, textOf } from '../../json/carried.js';
import { elementsOf } from '../../json/elements.js';
import { memberText, withMembers } from '../../json/members.js';

/** Makes a text of a body, and changes it, only where one of these words stands in it. */
export const changedWhere = (
  body: CarriedJson,
  words: readonly string[],
  change: (text: string) => string,
): CarriedJson => (words.some((word) => body.includes(`"${word}"`)) ? change(textOf(body)) : body);

/**
 * A tool result or prompt for a revision that lacks some kinds of content: each such block becomes a text block that
 * says what it was.
 */
export const withoutContentTypes = (body: string, types: readonly string[]): string => {
  if (!types.some((type) => body.includes(`"${type}"`))) return body;
  const content = memberText(body, 'content');
  if (content !== undefined) return withMembers(body, { content: blocks(content, types) });
  const messages = memberText(body, 'messages');
  if (messages === undefined) return body;
  const rewritten = elementsOf(messages).map((message) => {
    const block = memberText(message, 'content');
    return block === undefined ? message : withMembers(message, { content: textual(block, types) });
  });
  return withMembers(body, { messages: `[${rewritten.join(',')}]` });
};

const blocks = (array: string, types: readonly string[]): string =>
  `[${elementsOf(array)
    .map((block) => textual(block, types))
    .join(',')}]`;

const textual = (block: string, types: readonly string[]): string => {
  if (!block.startsWith('{')) return block;
  const read = JSON.parse(block) as { type?: unknown; uri?: string; mimeType?: string };
  if (typeof read.type !== 'string' || !types.includes(read.type)) return block;
  const text = read.type === 'resource_link' ? String(read.uri) : `[${read.type} ${read.mimeType ?? ''}]`;
  return JSON.stringify({ type: 'text', text });
};
