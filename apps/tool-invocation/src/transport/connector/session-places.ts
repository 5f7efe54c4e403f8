import { LRUCache } from 'lru-cache';

const SESSIONS_MAX = 10_000;
const HEADER = 'mcp-session-id';

/** Where sessions at one upstream were begun: at the place of one connector, whatever others serve the same name. */
export class SessionPlaces {
  private readonly places = new LRUCache<string, string>({ max: SESSIONS_MAX });

  /** The place of the session that a request belongs to; `undefined`: any will do. */
  of(headers: readonly string[]): string | undefined {
    const session = valueOf(headers);
    return session === undefined ? undefined : this.places.get(session);
  }

  /** A response from there may have begun one. */
  note(headers: readonly string[], place: string): void {
    const session = valueOf(headers);
    if (session !== undefined) this.places.set(session, place);
  }
}

const valueOf = (headers: readonly string[]): string | undefined => {
  for (let at = 0; at + 1 < headers.length; at += 2) if (headers[at]?.toLowerCase() === HEADER) return headers[at + 1];
  return undefined;
};
