import { defineEvent } from '../define.js';

/**
 * What of the registry may be other than before: `gateways`, whether they are there and why not; `catalog`, what they
 * offer, virtual servers, changes that wait, and the gateways themselves; `programs`, what those of gateways have written.
 */
export const STATE_TOPICS = ['gateways', 'catalog', 'programs'] as const;
/** One of `STATE_TOPICS`. */
export type StateTopic = (typeof STATE_TOPICS)[number];

/** Whoever shows it asks anew, as whoever they are: this says neither which nor what. */
export const StateChanged = defineEvent<{ readonly topic: StateTopic }>('registry', 'state.changed');
