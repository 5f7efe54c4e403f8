import { createHmac, timingSafeEqual } from 'node:crypto';
import { ArgumentsRefused } from '#libs/openapi';

/** What an agent names that a caller goes on with later. */
export type IdKind = 'task' | 'context';

const MAC_CHARS = 22;

/**
 * The ids of an agent as one caller has them. All callers are one and the same to an agent, so an id goes out with a signature
 * for whom it is, and is taken from nobody else. An id looks the same each time.
 */
export class CallerIds {
  /** `keys`: of the agent, on every instance; the first signs, all are good. None: no ids are given. */
  constructor(
    private readonly keys: readonly string[],
    private readonly callerId: string,
  ) {}

  /** Undefined where there is none, or it cannot be signed. */
  given(kind: IdKind, id: string | undefined): string | undefined {
    const [key] = this.keys;
    return id === undefined || key === undefined ? undefined : `${id}.${this.mac(key, kind, id)}`;
  }

  /** As the agent has it. Throws `ArgumentsRefused` for what this caller was not given here. */
  taken(kind: IdKind, text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const id = text.slice(0, -MAC_CHARS - 1);
    const rest = Buffer.from(text.slice(id.length));
    const isOwn = this.keys.some((key) => {
      const expected = Buffer.from(`.${this.mac(key, kind, id)}`);
      return rest.length === expected.length && timingSafeEqual(rest, expected);
    });
    if (isOwn) return id;
    throw new ArgumentsRefused(`Invalid arguments: ${kind}Id is none that this caller was given by this agent`);
  }

  private mac(key: string, kind: IdKind, id: string): string {
    const signed = JSON.stringify([kind, this.callerId, id]);
    return createHmac('sha256', key).update(signed).digest('base64url').slice(0, MAC_CHARS);
  }
}
