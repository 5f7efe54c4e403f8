import { defineSignal } from '../define.js';
import type { CallRecord } from './record-calls.request.js';

/** Somebody watches calls at the instance that sends this. Sent again as long as somebody does. */
export const CallsWatched = defineSignal<{ readonly by: string }>('metrics', 'calls.watched', { reaches: 'all' });

/** Calls that the instance that sends this has recorded, while somebody watches at another. */
export const CallsSeen = defineSignal<{ readonly by: string; readonly records: readonly CallRecord[] }>(
  'metrics',
  'calls.seen',
  { reaches: 'all' },
);
