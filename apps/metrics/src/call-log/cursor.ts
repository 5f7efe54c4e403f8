import { fail } from '#libs/errors';
import type { Place } from './call-log.repository.js';

export const writeCursor = ({ startedAtMs, callId }: Place): string =>
  Buffer.from(`${startedAtMs} ${callId}`).toString('base64url');

/** Throws `http.invalid` for what is no cursor of this list. */
export const readCursor = (cursor: string): Place => {
  const [, ms, callId] = /^(\d{1,15}) (.{1,128})$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const place = { startedAtMs: Number(ms), callId: callId ?? '' };
  if (ms === undefined || writeCursor(place) !== cursor || place.startedAtMs > STARTED_AT_MS_MAX)
    throw fail('http.invalid', { message: 'The cursor is not one this list gave' });
  return place;
};

const STARTED_AT_MS_MAX = Date.UTC(9999, 0);
