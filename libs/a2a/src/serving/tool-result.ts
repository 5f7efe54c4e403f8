import { asObject, isObject } from '#libs/mcp';
import type { Part } from '../protocol/parts.js';

type Json = Readonly<Record<string, unknown>>;

/** What a tool answered, as parts of an artifact: its content, and what it has of structure as data. */
export const resultParts = ({ content, structuredContent }: Json): Part[] => {
  const blocks = Array.isArray(content) ? content.filter(isObject) : [];
  const data: Part[] = structuredContent === undefined ? [] : [{ kind: 'data', data: structuredContent }];
  return [...blocks.flatMap(partOf), ...data];
};

const partOf = (block: Json): Part[] => {
  const { type, text, data, mimeType, uri, name } = block;
  const mediaType = typeof mimeType === 'string' ? { mediaType: mimeType } : {};
  if (type === 'text' && typeof text === 'string') return [{ kind: 'text', text }];
  if ((type === 'image' || type === 'audio') && typeof data === 'string')
    return [{ kind: 'bytes', base64: data, ...mediaType }];
  if (type === 'resource_link' && typeof uri === 'string')
    return [{ kind: 'url', url: uri, ...mediaType, ...(typeof name === 'string' && { name }) }];
  if (type === 'resource') return resourceParts(asObject(block.resource));
  return [{ kind: 'data', data: block }];
};

const resourceParts = ({ text, blob, mimeType, uri }: Json): Part[] => {
  const about = {
    ...(typeof mimeType === 'string' && { mediaType: mimeType }),
    ...(typeof uri === 'string' && { name: uri }),
  };
  if (typeof blob === 'string') return [{ kind: 'bytes', base64: blob, ...about }];
  return typeof text === 'string' ? [{ kind: 'text', text }] : [];
};
