import type { AuditCollection, CollectedEvents } from '../audit-event.js';
import { defineRequest } from '../define.js';

/** Metrics asks: what has happened to users, teams, roles, tokens and credentials? An event is answered until it is taken. */
export const CollectAuthAudit = defineRequest<AuditCollection, CollectedEvents>('auth', 'audit.collect', {
  deadlineMs: 5_000,
});
