import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type AuditedTable, auditTable, createAuditTrail, dropAuditTrail } from '#libs/storage';

/** What is seen of an upstream from minute to minute, and who sees to it. */
const SEEN = ['reachable', 'checked_at', 'check_failures', 'failing_since', 'failing_reason', 'refreshed_at', 'hints'];
const LEASES = ['refresh_lease_until', 'refresh_wanted', 'refresh_done'];
const KEPT = ['ordinal', 'updated_at'];

const AUDITED: readonly AuditedTable[] = [
  {
    table: 'gateway',
    resourceType: 'gateway',
    id: ['id'],
    name: 'name',
    ignored: [...SEEN, ...LEASES, ...KEPT],
  },
  { table: 'entry', resourceType: { column: 'kind' }, id: ['id'], name: 'original_name', ignored: KEPT },
  { table: 'server', resourceType: 'server', id: ['id'], name: 'name', ignored: KEPT },
  { table: 'server_entry', resourceType: 'server_entry', id: ['server_id', 'entry_id'] },
];

/** Every change of gateways, of what they offer and of virtual servers leaves an event for the audit trail. */
export class AuditTrail1764892800000 implements MigrationInterface {
  name = 'AuditTrail1764892800000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of createAuditTrail('registry')) await runner.query(statement);
    for (const audited of AUDITED)
      for (const statement of auditTable('registry', audited)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of dropAuditTrail('registry', AUDITED)) await runner.query(statement);
  }
}
