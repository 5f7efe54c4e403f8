import { defineSignal } from '../define.js';
import type { KeyAnnouncement } from '../keys-announcement.js';

/** Which keys a replica of auth signs, verifies and encrypts with. */
export const AuthKeysAnnounced = defineSignal<KeyAnnouncement>('auth', 'keys.announced', { reaches: 'all' });
