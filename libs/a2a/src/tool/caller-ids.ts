import { createHmac, timingSafeEqual } from 'node:crypto';
import { ArgumentsRefused } from '#libs/openapi';

/** What an agent names that a caller goes on with later. */
export type IdKind = 'task' | 'context';

/** An id as the agent has it, and at which of its places. */
export interface TakenId {
  readonly id: string;
  readonly place: string;
}

const MAC_CHARS = 22;
/** Of an agent that is at one place alone, and the first of one that is at several. */
export const ONLY_PLACE = '';

/**
 * The ids of an agent as one caller has them. All callers are one and the same to an agent, so an id goes out with a signature
 * for whom it is, and is taken from nobody else. An id looks the same each time. What the agent has at one place it does not
 * know at another, so the signature says the place too.
 */
export class CallerIds {
  /**
   * `keys`: of the agent, on every instance; the first signs, all are good. None: no ids are given. `places`: where ids may be
   * from; they are given for the first.
   */
  constructor(
    private readonly keys: readonly string[],
    private readonly callerId: string,
    private readonly places: readonly string[] = [ONLY_PLACE],
  ) {}

  /** The ids of one of the places. */
  at(place: string): CallerIds {
    return new CallerIds(this.keys, this.callerId, [place]);
  }

  /** Undefined where there is none, or it cannot be signed. */
  given(kind: IdKind, id: string | undefined): string | undefined {
    const [key] = this.keys;
    const [place = ONLY_PLACE] = this.places;
    return id === undefined || key === undefined ? undefined : `${id}.${this.mac(key, kind, id, place)}`;
  }

  /** Throws `ArgumentsRefused` for what this caller was not given here. */
  taken(kind: IdKind, text: string | undefined): TakenId | undefined {
    if (text === undefined) return undefined;
    const id = text.slice(0, -MAC_CHARS - 1);
    const rest = Buffer.from(text.slice(id.length));
    const place = this.places.find((each) =>
      this.keys.some((key) => {
        const expected = Buffer.from(`.${this.mac(key, kind, id, each)}`);
        return rest.length === expected.length && timingSafeEqual(rest, expected);
      }),
    );
    if (place !== undefined) return { id, place };
    throw new ArgumentsRefused(`Invalid arguments: ${kind}Id is none that this caller was given by this agent`);
  }

  private mac(key: string, kind: IdKind, id: string, place: string): string {
    const signed = JSON.stringify([kind, this.callerId, id, ...(place === ONLY_PLACE ? [] : [place])]);
    return createHmac('sha256', key).update(signed).digest('base64url').slice(0, MAC_CHARS);
  }
}
