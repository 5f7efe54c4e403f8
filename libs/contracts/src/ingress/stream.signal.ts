import { defineSignal } from '../define.js';

/** A client has resumed a stream: the replica that has its old connection ends that. */
export const StreamResumed = defineSignal<{
  readonly stream: string;
  /** The instance that has sent this. */
  readonly by: string;
}>('ingress', 'stream.resumed', { reaches: 'all' });

/** The store has more of a stream whose client is elsewhere. The key is the stream's id. */
export const StreamGrown = defineSignal<Record<string, never>>('ingress', 'stream.grown', { reaches: 'key' });
