import { elementsOf } from '../json/elements.js';
import { membersOf, valueText, withMembers } from '../json/members.js';

/**
 * A tool result or prompt for a revision that lacks some kinds of content: each such block becomes a text block that
 * says what it was.
 */
export const withoutContentTypes = (body: string, types: readonly string[]): string => {
  if (!types.some((type) => body.includes(`"${type}"`))) return body;
  const members = membersOf(body);
  const content = members.find((member) => member.key === 'content');
  if (content !== undefined) return withMembers(body, { content: blocks(valueText(body, content), types) });
  const messages = members.find((member) => member.key === 'messages');
  if (messages === undefined) return body;
  const rewritten = elementsOf(valueText(body, messages)).map((message) => {
    const block = membersOf(message).find((member) => member.key === 'content');
    return block === undefined ? message : withMembers(message, { content: textual(valueText(message, block), types) });
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
