import { fail } from '#libs/errors';
import type { LinePlace } from './log-lines.repository.js';

export const writeLineCursor = ({ atMs, instance, seq }: LinePlace): string =>
  Buffer.from(`${atMs} ${seq} ${instance}`).toString('base64url');

/** Throws `http.invalid` for what is no cursor of this list. */
export const readLineCursor = (cursor: string): LinePlace => {
  const [, ms, seq, instance] =
    /^(\d{1,15}) (\d{1,15}) (.{1,300})$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const place = { atMs: Number(ms), seq: Number(seq), instance: instance ?? '' };
  if (ms === undefined || writeLineCursor(place) !== cursor || place.atMs > AT_MS_MAX || place.instance.includes('\0'))
    throw fail('http.invalid', { message: 'The cursor is not one this list gave' });
  return place;
};

const AT_MS_MAX = Date.UTC(9999, 0);
