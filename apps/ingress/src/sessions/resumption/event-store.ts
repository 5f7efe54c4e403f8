import type { Bus } from '#libs/bus';
import type { Cache } from '#libs/storage';
import type { HeldStreams } from './held-streams.js';

/** Where the events of sessions' streams are stored, and who holds the streams. */
export interface EventStore {
  readonly cache: Cache;
  readonly bus: Bus;
  readonly ttlMs: number;
  readonly held: HeldStreams;
}

/** The first entry of a stream: who writes it. */
export interface StreamOrigin {
  readonly instance: string;
  /** Of the requests that are being answered. */
  readonly idTexts: readonly string[];
}

/** The kind of an entry in the store is its first character. */
export const ENTRY_KIND = { origin: '#', event: '.', last: '!' } as const;

export const streamKey = (sessionId: string, stream: string): string => `ingress:events:${sessionId}:${stream}`;
