import type { AuditCollection, CollectedEvents } from '../audit-event.js';
import { defineRequest } from '../define.js';

/** Metrics asks: what has happened to gateways, what they offer, and virtual servers? An event is answered until it is taken. */
export const CollectRegistryAudit = defineRequest<AuditCollection, CollectedEvents>('registry', 'audit.collect', {
  deadlineMs: 5_000,
});
