import type { ServerResponse } from 'node:http';
import { type CarriedJson, type JsonParts, bytesOf } from '#libs/mcp';
import { CORRELATION_HEADER } from '#libs/telemetry';

type Headers = Readonly<Record<string, string>>;

const NO_HEADERS: Headers = {};

/** An answer is for one caller and of one moment, and nothing but what its type says. */
const GUARDS = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'] as const;

/** From here on it pays to encode a text once, rather than count its bytes first and encode it as it is written. */
const LONG_CHARS = 32_768;

const PIECE_BYTES = 256 * 1024;
/** What is left of an answer goes with the piece before it when it is no more than this. */
const REST_BYTES = 16 * 1024;

/**
 * One JSON answer, with what its request is found by where that is said. Text and headers leave in one write. Gives its
 * length in bytes.
 */
export const answerJson = (
  response: ServerResponse,
  httpStatus: number,
  json: JsonParts,
  headers: Headers = NO_HEADERS,
  correlationId?: string,
): number => {
  const body = typeof json === 'string' && json.length >= LONG_CHARS ? [Buffer.from(json)] : json;
  const length = bytesOf(body);
  const flat = ['Content-Type', 'application/json', 'Content-Length', String(length), ...GUARDS];
  if (correlationId !== undefined) flat.push(CORRELATION_HEADER, correlationId);
  for (const name in headers) flat.push(name, headers[name] as string);
  response.writeHead(httpStatus, flat);
  if (typeof body === 'string') response.end(body);
  else sendInPieces(response, body, length);
  return length;
};

/** Each piece when the one before has left, so that it shows whether the client reads. */
const sendInPieces = (response: ServerResponse, parts: readonly CarriedJson[], length: number): void => {
  const pieces = parts.flatMap(cut);
  let left = length;
  const send = (): void => {
    response.cork();
    for (let written = 0; written < PIECE_BYTES || left < REST_BYTES; ) {
      const piece = pieces.shift();
      if (piece === undefined) {
        response.off('drain', send);
        response.end();
        return;
      }
      const bytes = Buffer.byteLength(piece);
      written = response.write(piece) ? 0 : written + bytes;
      left -= bytes;
    }
    response.uncork();
  };
  response.on('drain', send);
  send();
};

const cut = (part: CarriedJson): CarriedJson[] => {
  if (typeof part === 'string') return [part];
  const pieces: Buffer[] = [];
  for (let at = 0; at < part.length; at += PIECE_BYTES) pieces.push(part.subarray(at, at + PIECE_BYTES));
  return pieces;
};

/** Resolves when the answer has left, or its client has; `null` when it has already. */
export const unsentOf = (response: ServerResponse): Promise<void> | null => {
  // Between two pieces there is nothing to be written, and more to come.
  const waits = !response.writableEnded || response.writableLength > 0 || (response.socket?.writableLength ?? 0) > 0;
  if (!waits || response.destroyed) return null;
  return new Promise((resolve) => response.once('close', resolve));
};

/** Answers with a status and headers alone. */
export const answerEmpty = (response: ServerResponse, httpStatus: number, headers: Headers = NO_HEADERS): void => {
  const flat: string[] = httpStatus === 204 ? [...GUARDS] : ['Content-Length', '0', ...GUARDS];
  for (const name in headers) flat.push(name, headers[name] as string);
  response.writeHead(httpStatus, flat);
  response.end();
};
