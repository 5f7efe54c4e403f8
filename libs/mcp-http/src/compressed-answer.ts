import type { ServerResponse } from 'node:http';
import { type JsonParts, bytesOf } from '#libs/mcp';
import { type Coding, type CompressedStart, type Compressor, isShortEnd, varying } from '#libs/service';
import { answerJson } from './json-answer.js';

/** The text of an answer in two parts, of which the first is the same for many, and kept in compressed form. */
export interface SharedAnswer {
  readonly start: JsonParts;
  readonly end: string;
  /** As it is kept, or comes to be by `make`; null where `make` has none. */
  readonly compressed: (
    coding: Coding,
    make: () => Promise<CompressedStart> | null,
  ) => CompressedStart | Promise<CompressedStart> | null;
}

/** One JSON answer that is to be written. */
export interface JsonAnswer {
  readonly httpStatus: number;
  readonly json: JsonParts;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly correlationId: string | undefined;
  /** The same in two parts, where it has them. */
  readonly shared: SharedAnswer | undefined;
}

/**
 * Results are compressed where it pays. A short one costs more than it saves, and is where a secret may stand beside what
 * others have chosen, so that its length tells of it.
 */
const RESULT_BYTES_MIN = 32 * 1024;

/** Writes the answer, compressed where its client takes that and it is worth it. Gives the length of its text. */
export const answerCompressed = (response: ServerResponse, answer: JsonAnswer, compressor: Compressor): number => {
  const body = bodyOf(response, answer, compressor);
  if (body === null) return write(response, answer, answer.json, null);
  const { coding, encoded } = body;
  if (!(encoded instanceof Promise)) write(response, answer, encoded, coding);
  else {
    encoded.then(
      (bytes) => write(response, answer, bytes, coding),
      () => write(response, answer, answer.json, null),
    );
  }
  return bytesOf(answer.json);
};

type Encoded = readonly Buffer[];

const bodyOf = (
  { req }: ServerResponse,
  { httpStatus, json, shared }: JsonAnswer,
  compressor: Compressor,
): { readonly coding: Coding; readonly encoded: Encoded | Promise<Encoded> } | null => {
  if (httpStatus !== 200) return null;
  if (shared !== undefined) return sharedBodyOf(shared, req.headers, compressor);
  const bytes = typeof json === 'string' ? json.length : bytesOf(json);
  const coding = compressor.chosen(req.headers, bytes, RESULT_BYTES_MIN);
  if (coding === null) return null;
  const compressed = compressor.compressed(coding, bytesIn(json));
  return compressed && { coding, encoded: compressed.then((whole) => [whole]) };
};

const sharedBodyOf = (
  shared: SharedAnswer,
  headers: ServerResponse['req']['headers'],
  compressor: Compressor,
): { readonly coding: Coding; readonly encoded: Encoded | Promise<Encoded> } | null => {
  const coding = compressor.chosenToKeep(headers, bytesOf(shared.start));
  if (coding === null) return null;
  const end = Buffer.from(shared.end);
  if (!isShortEnd(end.length)) return null;
  const start = shared.compressed(coding, () => compressor.started(coding, bytesIn(shared.start)));
  if (start === null) return null;
  const encoded = start instanceof Promise ? start.then((made) => made.endedWith(end)) : start.endedWith(end);
  return { coding, encoded };
};

const bytesIn = (json: JsonParts): Buffer =>
  typeof json === 'string' ? Buffer.from(json) : Buffer.concat(json.map(bufferOf));

const bufferOf = (part: string | Buffer): Buffer => (typeof part === 'string' ? Buffer.from(part) : part);

const write = (
  response: ServerResponse,
  { httpStatus, headers, correlationId }: JsonAnswer,
  body: JsonParts,
  coding: Coding | null,
): number => {
  if (response.destroyed || response.headersSent) return bytesOf(body);
  if (coding === null) return answerJson(response, httpStatus, body, headers, correlationId);
  const encoding = { 'Content-Encoding': coding, Vary: varying(response.getHeader('vary')) };
  return answerJson(response, httpStatus, body, { ...headers, ...encoding }, correlationId);
};
