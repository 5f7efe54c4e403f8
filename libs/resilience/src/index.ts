export { Backoff, type BackoffSettings, type Random, backoffMs, jittered } from './backoff.js';
export { CircuitBreaker, type CircuitBreakerSettings } from './circuit-breaker.js';
export { ConcurrencyLimiter, type ConcurrencyLimits } from './concurrency-limiter.js';
export { DeadlineSweep, type SweepSettings } from './deadline-sweep.js';
export { FairShares, type Share, type ShareLimits, type ShareRefusal } from './fair-shares.js';
export { type HedgeSettings, hedge } from './hedge.js';
export { pause } from './pause.js';
export { StallWatch } from './stall-watch.js';
