export { Outbox } from './outbox.js';
export type { OutboxSettings } from './outbox.js';
export { outboxOptions } from './outbox.config.js';
export type { OutboxConfig } from './outbox.config.js';
