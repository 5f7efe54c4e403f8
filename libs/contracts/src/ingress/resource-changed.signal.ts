import { defineSignal } from '../define.js';

/** An upstream has told one replica that a resource is no longer what it was: all drop what they keep of it. */
export const ResourceChanged = defineSignal<{
  readonly upstreamId: string;
  /** As the upstream spells it. */
  readonly uri: string;
  /** The instance that has sent this. */
  readonly by: string;
}>('ingress', 'resource.changed', { reaches: 'all' });
