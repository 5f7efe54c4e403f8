import type { MigrationInterface, QueryRunner } from 'typeorm';
import { type AuditedTable, auditTable, createAuditTrail, dropAuditTrail } from '#libs/storage';

const AUDITED: readonly AuditedTable[] = [
  {
    table: 'users',
    resourceType: 'user',
    id: ['email'],
    secrets: ['password_hash'],
    ignored: ['failed_login_count', 'locked_until'],
  },
  {
    table: 'api_tokens',
    resourceType: 'token',
    id: ['id'],
    name: 'name',
    secrets: ['token_hash'],
    ignored: ['last_used_at'],
    endsAt: 'expires_at',
  },
  {
    table: 'revocations',
    resourceType: 'revocation',
    id: ['token_id'],
    endsAt: 'expires_at',
  },
  {
    table: 'upstream_credentials',
    resourceType: 'credential',
    id: ['upstream_id'],
    secrets: ['sealed'],
    ignored: ['version', 'updated_at'],
  },
  {
    table: 'password_resets',
    resourceType: 'password_reset',
    id: ['user_email', 'created_at'],
    secrets: ['token_hash'],
    endsAt: 'expires_at',
  },
  { table: 'teams', resourceType: 'team', id: ['id'], name: 'name', ignored: ['updated_at'] },
  { table: 'team_members', resourceType: 'membership', id: ['team_id', 'user_email'] },
  { table: 'invitations', resourceType: 'invitation', id: ['id'], secrets: ['token'] },
  { table: 'join_requests', resourceType: 'join_request', id: ['id'] },
  { table: 'roles', resourceType: 'role', id: ['id'], name: 'name', ignored: ['updated_at'] },
  { table: 'role_assignments', resourceType: 'role_assignment', id: ['id'] },
];

/** Every change of users, tokens, teams, roles and credentials leaves an event for the audit trail. */
export class AuditTrail1764800000009 implements MigrationInterface {
  name = 'AuditTrail1764800000009';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of createAuditTrail('auth')) await runner.query(statement);
    for (const audited of AUDITED) for (const statement of auditTable('auth', audited)) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of dropAuditTrail('auth', AUDITED)) await runner.query(statement);
  }
}
