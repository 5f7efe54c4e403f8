import type { ServerResponse } from 'node:http';

type Headers = Readonly<Record<string, string>>;

const NO_HEADERS: Headers = {};

/** An answer is for one caller and of one moment, and nothing but what its type says. */
const GUARDS = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'] as const;

/** From here on it pays to encode a text once, rather than count its bytes first and encode it as it is written. */
const LONG_CHARS = 32_768;

const PIECE_BYTES = 256 * 1024;

/** One JSON answer. Text and headers leave in one write. Gives its length in bytes. */
export const answerJson = (
  response: ServerResponse,
  httpStatus: number,
  text: string,
  headers: Headers = NO_HEADERS,
): number => {
  const body = text.length < LONG_CHARS ? text : Buffer.from(text);
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const flat = ['Content-Type', 'application/json', 'Content-Length', String(length), ...GUARDS];
  for (const name in headers) flat.push(name, headers[name] as string);
  response.writeHead(httpStatus, flat);
  if (typeof body === 'string' || body.length <= PIECE_BYTES) response.end(body);
  else sendInPieces(response, body);
  return length;
};

/** Each piece when the one before has left, so that it shows whether the client reads. */
const sendInPieces = (response: ServerResponse, body: Buffer): void => {
  let at = 0;
  const send = (): void => {
    while (body.length - at > PIECE_BYTES) {
      const piece = body.subarray(at, at + PIECE_BYTES);
      at += PIECE_BYTES;
      if (!response.write(piece)) return;
    }
    response.off('drain', send);
    response.end(body.subarray(at));
  };
  response.on('drain', send);
  send();
};

/** Resolves when the answer has left, or its client has; `null` when it has already. */
export const unsentOf = (response: ServerResponse): Promise<void> | null => {
  const waits = response.writableLength > 0 || (response.socket?.writableLength ?? 0) > 0;
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
