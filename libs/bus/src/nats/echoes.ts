import type { Msg } from '@nats-io/transport-node';

const KEY_BYTES = 1024;

/**
 * While a process subscribes on two connections, each delivers what is meant for every subscriber: which of it has been
 * delivered by the other already. What is alike and was sent twice is counted, so it also arrives twice.
 */
export class Echoes {
  /** How many times more the first connection has delivered it than the second. */
  private readonly ahead = new Map<string, number>();

  isEcho(first: boolean, { subject, reply, data }: Pick<Msg, 'subject' | 'reply' | 'data'>): boolean {
    const text = Buffer.from(data.buffer, data.byteOffset, Math.min(data.byteLength, KEY_BYTES)).toString('latin1');
    const key = `${subject} ${reply ?? ''} ${data.byteLength} ${text}`;
    const before = this.ahead.get(key) ?? 0;
    const after = first ? before + 1 : before - 1;
    if (after === 0) this.ahead.delete(key);
    else this.ahead.set(key, after);
    return Math.abs(after) < Math.abs(before);
  }
}
