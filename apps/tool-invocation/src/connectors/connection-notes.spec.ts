import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionNote } from '#contracts/auth/connectors/note-connection.request';
import type { Logger } from '#libs/telemetry';
import { ConnectionNotes, type NewNote } from './connection-notes.js';

const NOTE: NewNote = {
  what: 'opened',
  connectorId: 'c1',
  label: 'office',
  address: '192.0.2.1',
  names: ['weather'],
  zone: null,
  reason: null,
};

/** Notes on a bus whose auth answers, or is away. */
const givenNotes = () => {
  const brought: ConnectionNote[] = [];
  const auth = { isAway: false };
  const ask = async (_contract: unknown, { notes }: { notes: readonly ConnectionNote[] }) => {
    if (auth.isAway) throw new Error('away');
    await Promise.resolve();
    brought.push(...notes);
    return {};
  };
  const logger = { warn: () => {}, error: vi.fn() } as unknown as Logger;
  return { notes: new ConnectionNotes({ ask } as never, logger), brought, auth, logger };
};

describe('what becomes of connections, for the audit trail', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ConnectionNotes brings what happened while auth was away when it is back, in order and once', async () => {
    const { notes, brought, auth } = givenNotes();
    auth.isAway = true;
    notes.note(NOTE);
    await vi.advanceTimersByTimeAsync(1);
    notes.note({ ...NOTE, what: 'closed', reason: 'gone' });
    await vi.advanceTimersByTimeAsync(1);
    expect(brought).toEqual([]);
    auth.isAway = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(brought.map(({ what }) => what)).toEqual(['opened', 'closed']);
    await notes.close();
    expect(brought).toHaveLength(2);
  });

  it('ConnectionNotes brings each once when more happens while it is closed', async () => {
    const { notes, brought, auth } = givenNotes();
    auth.isAway = true;
    notes.note(NOTE);
    await vi.advanceTimersByTimeAsync(1);
    auth.isAway = false;
    const closing = notes.close();
    await Promise.resolve();
    notes.note({ ...NOTE, what: 'closed' });
    await closing;
    await vi.advanceTimersByTimeAsync(1);
    expect(brought.map(({ what }) => what)).toEqual(['opened', 'closed']);
  });

  it('ConnectionNotes counts refusals when they are too many to be noted each', async () => {
    const { notes, brought } = givenNotes();
    for (let times = 0; times < 100; times++) notes.note({ ...NOTE, what: 'refused', connectorId: null });
    notes.note(NOTE);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(brought.filter(({ what }) => what === 'refused')).toHaveLength(30);
    expect(brought.at(-1)).toMatchObject({ what: 'opened', unnoted: 0 });
    notes.note({ ...NOTE, what: 'refused' });
    await vi.advanceTimersByTimeAsync(1);
    expect(brought.at(-1)).toMatchObject({ what: 'refused', unnoted: 70 });
  });

  it('ConnectionNotes keeps no more than so many when auth stays away, and says so', async () => {
    const { notes, brought, auth, logger } = givenNotes();
    auth.isAway = true;
    for (let times = 0; times < 1_002; times++) notes.note({ ...NOTE, names: [`n${times}`] });
    await vi.advanceTimersByTimeAsync(1);
    expect(logger.error).toHaveBeenCalledTimes(2);
    auth.isAway = false;
    await notes.close();
    expect(brought).toHaveLength(1_000);
    expect(brought[0]?.names).toEqual(['n2']);
  });
});
