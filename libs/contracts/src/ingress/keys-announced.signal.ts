import { defineSignal } from '../define.js';
import type { KeyAnnouncement } from '../keys-announcement.js';

/** Which keys a replica of ingress seals with. */
export const SealingKeysAnnounced = defineSignal<KeyAnnouncement>('ingress', 'keys.announced', { reaches: 'all' });
