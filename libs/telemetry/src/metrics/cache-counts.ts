import { meter } from './instruments.js';

/** How often a cache had what was asked for, and how often not: plain numbers, read when somebody asks for metrics. */
export interface CacheCounts {
  hits: number;
  misses: number;
}

const caches = new Map<string, CacheCounts>();

meter()
  .createObservableCounter('cache_requests_total', {
    description: 'What was asked of a cache in this process, by whether it was there.',
  })
  .addCallback((result) => {
    for (const [cache, { hits, misses }] of caches) {
      result.observe(hits, { cache, outcome: 'hit' });
      result.observe(misses, { cache, outcome: 'miss' });
    }
  });

/** The counts of the cache of this name; one name is one series, however many caches count under it. */
export const cacheCounts = (name: string): CacheCounts => {
  const counts = caches.get(name) ?? { hits: 0, misses: 0 };
  caches.set(name, counts);
  return counts;
};
