import { Calls1763600000101 } from './migrations/0001-calls.migration.js';
import { CallsByDay1764400000102 } from './migrations/0002-calls-by-day.migration.js';
import { CallsOfBefore1764400000103 } from './migrations/0003-calls-of-before.migration.js';
import { CallsByTrace1764400000104 } from './migrations/0004-calls-by-trace.migration.js';
import { CleanUpOfBefore1764400000105 } from './migrations/0005-clean-up-of-before.migration.js';
import { AuditTrail1764800000106 } from './migrations/0006-audit-trail.migration.js';
import { AuditForwarding1764800000107 } from './migrations/0007-audit-forwarding.migration.js';
import { LogLines1764900000108 } from './migrations/0008-log-lines.migration.js';
import { CallsByCode1765000000109 } from './migrations/0009-calls-by-code.migration.js';

/** What metrics keeps. Written and read in bulk by SQL of its own, so there are no entities. */
export const metricsDatabase = {
  schema: 'metrics',
  entities: [],
  migrations: [
    Calls1763600000101,
    CallsByDay1764400000102,
    CallsOfBefore1764400000103,
    CallsByTrace1764400000104,
    CleanUpOfBefore1764400000105,
    AuditTrail1764800000106,
    AuditForwarding1764800000107,
    LogLines1764900000108,
    CallsByCode1765000000109,
  ],
} as const;
