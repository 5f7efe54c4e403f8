import { describe, expect, it } from 'vitest';
import type { Peer } from '../../conversation/peer.js';
import { DedicatedSessions } from './dedicated-sessions.js';

const OWN = { key: 'session 1', renewable: false };
const REFUSED = expect.objectContaining({ code: 'http.malformed', executed: 'no' });

const claimed = (): DedicatedSessions => {
  const sessions = new DedicatedSessions();
  sessions.claim(OWN.key);
  return sessions;
};

describe('DedicatedSessions', () => {
  it('DedicatedSessions refuses other headers, open or being opened, when its session began with some', () => {
    const sessions = claimed();
    sessions.use(OWN, 'one');
    expect(() => sessions.use(OWN, 'two')).toThrow(REFUSED);
    sessions.opened(OWN.key, {} as Peer);
    sessions.use(OWN, 'one');
    expect(() => sessions.use(OWN, 'two')).toThrow(REFUSED);
    expect(() => sessions.use(OWN, '')).toThrow(REFUSED);
    sessions.claim('session 2');
    sessions.use({ ...OWN, key: 'session 2' }, 'two');
  });

  it('DedicatedSessions takes other headers when no session could be opened with those before', () => {
    const sessions = claimed();
    sessions.use(OWN, 'wrong');
    sessions.notOpened(OWN.key);
    sessions.use(OWN, 'right');
    sessions.opened(OWN.key, {} as Peer);
    sessions.notOpened(OWN.key);
    expect(() => sessions.use(OWN, 'wrong')).toThrow(REFUSED);
  });

  it('DedicatedSessions takes other headers when another session may take the place of this one unnoticed', () => {
    const sessions = new DedicatedSessions();
    const own = { key: 'principal ann', renewable: true };
    sessions.use(own, 'one');
    sessions.opened(own.key, {} as Peer);
    sessions.use(own, 'two');
  });

  it('DedicatedSessions says that a session is lost, whatever the headers, when it is', () => {
    const sessions = claimed();
    const peer = {} as Peer;
    sessions.use(OWN, 'one');
    sessions.opened(OWN.key, peer);
    sessions.lost(peer);
    expect(() => sessions.use(OWN, 'two')).toThrow(expect.objectContaining({ code: 'upstream.session_lost' }));
  });
});
