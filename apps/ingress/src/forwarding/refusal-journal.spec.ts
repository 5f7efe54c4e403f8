import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { fail } from '#libs/errors';
import { clientAddress } from '#libs/identity';
import { RefusalJournal } from './refusal-journal.js';
import type { RefusalLog } from './refusal-log.js';

const ENDPOINT = { serverId: null };
const invalid = fail('auth.credential_invalid');

describe('RefusalJournal', () => {
  let records: CallRecord[];
  let user: string | null;
  const told = vi.fn<RefusalLog['refused']>();

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 6, 28) });
    records = [];
    user = null;
  });
  afterEach(() => vi.useRealTimers());

  const given = (perMinute: number): ((address: string) => void) => {
    const lastKnown = () =>
      user === null
        ? null
        : ({
            id: user,
            kind: 'user',
            isAdmin: false,
            teams: [],
            permissions: [],
            serverId: null,
            tokenId: 'jti',
          } as const);
    const outbox = { settle: (record: CallRecord) => void records.push(record) };
    const journal = new RefusalJournal(outbox, { lastKnown }, clientAddress([]), { refused: told }, { perMinute });
    return (address) => journal.unread({ rawHeaders: [], socket: { remoteAddress: address } }, ENDPOINT, invalid);
  };

  it('RefusalJournal writes so many records a minute of one address when it is refused again and again', () => {
    const refuse = given(3);
    for (let time = 0; time < 1_000; time++) refuse('192.0.2.1');
    refuse('192.0.2.2');
    expect(records.map(({ address }) => address)).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2']);
    vi.advanceTimersByTime(60_000);
    refuse('192.0.2.1');
    expect(records).toHaveLength(5);
  });

  it('RefusalJournal counts the addresses of one network together when they are of IPv6', () => {
    const refuse = given(2);
    for (let host = 1; host <= 50; host++) refuse(`2001:db8::${host}`);
    expect(records).toHaveLength(2);
  });

  it('RefusalJournal writes a bounded number of records a minute when every refusal is of another address', () => {
    const refuse = given(1);
    for (let at = 0; at < 10_000; at++) refuse(`10.0.${at >> 8}.${at & 255}`);
    expect(records).toHaveLength(5_001);
  });

  it('names the user and the token when the credential is known', () => {
    user = 'ann@example.com';
    given(1)('192.0.2.1');
    expect(told).toHaveBeenLastCalledWith(records[0], expect.stringMatching(/^[0-9a-f]{32}$/));
    expect(records).toMatchObject([
      {
        principalId: 'ann@example.com',
        tokenId: 'jti',
        outcome: 'refused',
        errorCode: 'auth.credential_invalid',
        method: '',
      },
    ]);
  });

  it('RefusalJournal writes nothing when no records are wanted', () => {
    given(0)('192.0.2.1');
    expect(records).toEqual([]);
  });
});
