import { fail } from '#libs/errors';

/**
 * JSON that is passed on: a short one as text, a long one as the UTF-8 bytes that it came in. To make a string of 256 KB
 * and bytes of it again takes several times longer than all that has to be looked for in it.
 */
export type CarriedJson = string | Buffer;

/** From here on it pays to look through bytes, rather than parse a text. */
const LONG_BYTES = 32 * 1024;

/** Of bytes that were received. Throws `upstream.invalid_answer` where short ones are not UTF-8; long ones are not looked at. */
export const carriedJson = (bytes: Buffer = NO_BYTES): CarriedJson =>
  bytes.length < LONG_BYTES ? decodeUtf8(bytes) : bytes;

/** Its text, for whoever reads it. Throws `upstream.invalid_answer` for bytes that are not UTF-8. */
export const textOf = (json: CarriedJson): string => (typeof json === 'string' ? json : decodeUtf8(json));

const NO_BYTES = Buffer.alloc(0);

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text from bytes that must be UTF-8, of which nothing is replaced. Throws `upstream.invalid_answer`. */
export const decodeUtf8 = (bytes: Buffer = NO_BYTES): string => {
  const text = bytes.toString('utf8');
  if (!text.includes('\uFFFD')) return text;
  try {
    return strictDecoder.decode(bytes);
  } catch {
    throw fail('upstream.invalid_answer', { message: 'The upstream sent bytes that are not UTF-8' });
  }
};
