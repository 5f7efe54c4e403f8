import { isObject } from '../json/is-object.js';
import type { IncomingResult } from './incoming.js';
import { LongResult, RESOURCE_LINK } from './long-result.js';

type Json = Readonly<Record<string, unknown>>;

const LINKS_MAX = 100;
/** The longest URI that the gateway takes for a resource. */
const URI_CHARS_MAX = 2_048;

/** The resources that a result of a tool, or the messages of a prompt, link to; `undefined` where there are none. */
export const resourceLinksOf = ({ content, messages }: Json): readonly string[] | undefined => {
  let links: Set<string> | undefined;
  const look = (block: unknown): void => {
    if (!isObject(block) || block.type !== RESOURCE_LINK) return;
    const { uri } = block;
    if (typeof uri !== 'string' || uri === '' || uri.length > URI_CHARS_MAX) return;
    links ??= new Set();
    if (links.size < LINKS_MAX) links.add(uri);
  };
  if (Array.isArray(content)) for (const block of content) look(block);
  if (Array.isArray(messages)) for (const message of messages) look(isObject(message) ? message.content : undefined);
  return links && [...links];
};

/** The same of what an upstream has sent. */
export const linksIn = (message: IncomingResult): readonly string[] | undefined =>
  message instanceof LongResult && !message.mayHoldLinks ? undefined : resourceLinksOf(message.result);
