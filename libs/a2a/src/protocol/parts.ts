import { isObject } from '#libs/mcp';
import { A2A_LIMITS } from '../limits.js';
import type { A2aVersion } from './vocabulary.js';

/** A piece of a message or of an artifact. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'data'; readonly data: unknown }
  | { readonly kind: 'bytes'; readonly base64: string; readonly mediaType?: string; readonly name?: string }
  | { readonly kind: 'url'; readonly url: string; readonly mediaType?: string; readonly name?: string };

/** What an agent sent that is not of A2A. The message continues the sentence "… an invalid answer: ". */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
}

type Json = Readonly<Record<string, unknown>>;

/** The parts of either version. Throws `AnswerRefused` where they are too many, or none. */
export const decodeParts = (parts: unknown): Part[] => {
  if (parts === undefined) return [];
  if (!Array.isArray(parts)) throw new AnswerRefused('its parts are no list');
  if (parts.length > A2A_LIMITS.partsMax) throw new AnswerRefused(`it has more than ${A2A_LIMITS.partsMax} parts`);
  return parts.map(decodePart);
};

/** 1.0 tells the kind by the member, 0.3 by `kind`; the shape alone decides. */
const decodePart = (part: unknown): Part => {
  if (!isObject(part)) throw new AnswerRefused('a part of it is no object');
  if (typeof part.text === 'string') return { kind: 'text', text: part.text };
  if (part.data !== undefined) return { kind: 'data', data: part.data };
  const file = isObject(part.file) ? part.file : undefined;
  const { mediaType = file?.mimeType, filename = file?.name, raw = file?.bytes, url = file?.uri } = part;
  const about = { ...(isName(mediaType) && { mediaType }), ...(isName(filename) && { name: filename }) };
  if (typeof raw === 'string') return { kind: 'bytes', base64: raw, ...about };
  if (typeof url === 'string') return { kind: 'url', url, ...about };
  throw new AnswerRefused('a part of it has no content');
};

/** The part as a version writes it. */
export const encodePart = (part: Part, version: A2aVersion): Json => {
  if (part.kind === 'text') return version === '1.0' ? { text: part.text } : { kind: 'text', text: part.text };
  if (part.kind === 'data')
    return version === '1.0' ? { data: part.data } : { kind: 'data', data: inObject(part.data) };
  const { mediaType, name } = part;
  const content = part.kind === 'bytes' ? { raw: part.base64 } : { url: part.url };
  if (version === '1.0') return { ...content, ...(mediaType && { mediaType }), ...(name && { filename: name }) };
  const file = part.kind === 'bytes' ? { bytes: part.base64 } : { uri: part.url };
  return { kind: 'file', file: { ...file, ...(mediaType && { mimeType: mediaType }), ...(name && { name }) } };
};

/** 0.3 has objects alone for data. */
const inObject = (data: unknown): Json => (isObject(data) ? data : { value: data });

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** How many characters are kept of it, nearly. */
export const partChars = (part: Part): number => {
  if (part.kind === 'text') return part.text.length;
  if (part.kind === 'data') return JSON.stringify(part.data).length;
  return part.kind === 'bytes' ? part.base64.length : part.url.length;
};
