import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defineRequest } from '#libs/contracts';
import type { GatewayError } from '#libs/errors';
import type { Link } from '../link.js';
import { encodeAbsent } from '../notices.js';
import type { PayloadStore } from '../payload-store.js';
import { Asker } from './asker.js';

const Echo = defineRequest<{ n: number }, { n: number }>('registry', 'echo.return', { deadlineMs: 2_000 });

/** An asker whose link keeps what it sends, with one answerer in its roster; and what became of what it asked. */
const givenAsked = () => {
  const sent: { readonly subject: string; readonly reply: string }[] = [];
  const link = {
    connected: true,
    payloadBytesMax: 1_000_000,
    send: (subject: string, _payload: Buffer, reply = '') => sent.push({ subject, reply }) > 0,
  };
  const asker = new Asker(link as unknown as Link, '_INBOX.ingress', 'asker', {} as PayloadStore, 1_000_000);
  asker.inquiries.roster.note('answerer', ['registry'], performance.now());
  const failure = asker.ask(Echo, { n: 1 }, {}).catch((error: unknown) => error as GatewayError);
  const sayAbsent = (): void => {
    const [id, secret] = (sent.at(-1)?.reply ?? '').split('.').slice(-2).map(Number);
    asker.inquiries.noteAbsent(encodeAbsent('answerer', [{ id: id as number, secret: secret as number }]));
  };
  return { sent, failure, sayAbsent };
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('Asker', () => {
  it('Asker sends a request again to whoever says that it has not come there', () => {
    const { sent, sayAbsent } = givenAsked();

    vi.advanceTimersByTime(600);
    sayAbsent();

    expect(sent.map(({ subject }) => subject)).toEqual([Echo.subject, `${Echo.subject}.answerer`]);
  });

  it('Asker gives a request up as never begun when it hears after the deadline, behind a stall, that it has not come', async () => {
    const { sent, failure, sayAbsent } = givenAsked();

    // No timer has fired meanwhile.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 2_331);
    sayAbsent();

    expect(sent).toHaveLength(1);
    expect(await failure).toMatchObject({ code: 'bus.responder_lost', executed: 'no' });
  });
});
