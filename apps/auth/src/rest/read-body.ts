import type { IncomingMessage } from 'node:http';
import { fail } from '#libs/errors';

const BODY_BYTES_MAX = 16 * 1024;

/** The whole body; forms and descriptions of clients are small. Rejects with `http.body_too_large`. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) throw fail('http.body_too_large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
};
