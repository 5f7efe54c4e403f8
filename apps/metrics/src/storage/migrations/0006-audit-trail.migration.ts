import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createAuditTrail, dropAuditTrail } from '#libs/storage';

/**
 * The audit trail of the whole gateway, and what waits for it here. Records can be appended; the parts of a record that
 * name a person can be erased; nothing else can be done to them, whoever writes the statement.
 */
export class AuditTrail1764800000106 implements MigrationInterface {
  name = 'AuditTrail1764800000106';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of createAuditTrail('metrics')) await runner.query(statement);
    await runner.query(`
      CREATE TABLE metrics.audit_records (
        seq bigint PRIMARY KEY,
        event_id uuid NOT NULL UNIQUE,
        at timestamptz(3) NOT NULL,
        source text NOT NULL,
        action text NOT NULL,
        resource_type text NOT NULL,
        actor json,
        actor_salt text,
        actor_digest text NOT NULL,
        details json,
        details_salt text,
        details_digest text NOT NULL,
        previous text NOT NULL,
        hash text NOT NULL
      )`);
    await runner.query('CREATE INDEX audit_records_by_time ON metrics.audit_records (at)');
    await runner.query(`CREATE INDEX audit_records_by_actor ON metrics.audit_records (lower(actor->>'id'), seq)`);
    await runner.query(
      `CREATE INDEX audit_records_by_resource ON metrics.audit_records ((details->>'resourceId'), seq)`,
    );
    await runner.query('CREATE INDEX audit_records_by_action ON metrics.audit_records (action, seq)');
    await runner.query(`
      CREATE TABLE metrics.audit_head (
        singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
        seq bigint NOT NULL,
        hash text NOT NULL
      )`);
    await runner.query(`INSERT INTO metrics.audit_head (seq, hash) VALUES (0, repeat('0', 64))`);
    await runner.query(`
      CREATE FUNCTION metrics.keep_audit_record() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' THEN
          IF (NEW.seq, NEW.event_id, NEW.at, NEW.source, NEW.action, NEW.resource_type, NEW.actor_digest,
              NEW.details_digest, NEW.previous, NEW.hash)
            = (OLD.seq, OLD.event_id, OLD.at, OLD.source, OLD.action, OLD.resource_type, OLD.actor_digest,
              OLD.details_digest, OLD.previous, OLD.hash)
            AND (NEW.actor IS NULL AND NEW.actor_salt IS NULL
              OR NEW.actor::text = OLD.actor::text AND NEW.actor_salt = OLD.actor_salt)
            AND (NEW.details IS NULL AND NEW.details_salt IS NULL
              OR NEW.details::text = OLD.details::text AND NEW.details_salt = OLD.details_salt)
          THEN RETURN NEW; END IF;
        END IF;
        RAISE EXCEPTION 'records of the audit trail stay as they are';
      END $$`);
    await runner.query(`
      CREATE TRIGGER keep_audit_record BEFORE UPDATE OR DELETE ON metrics.audit_records
        FOR EACH ROW EXECUTE FUNCTION metrics.keep_audit_record()`);
    await runner.query(`
      CREATE TRIGGER keep_audit_records BEFORE TRUNCATE ON metrics.audit_records
        FOR EACH STATEMENT EXECUTE FUNCTION metrics.keep_audit_record()`);
    await runner.query(`
      CREATE FUNCTION metrics.keep_audit_head() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.seq > OLD.seq THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'the head of the audit trail moves forward alone';
      END $$`);
    await runner.query(`
      CREATE TRIGGER keep_audit_head BEFORE UPDATE OR DELETE ON metrics.audit_head
        FOR EACH ROW EXECUTE FUNCTION metrics.keep_audit_head()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE metrics.audit_records, metrics.audit_head');
    await runner.query('DROP FUNCTION metrics.keep_audit_record(), metrics.keep_audit_head()');
    for (const statement of dropAuditTrail('metrics', [])) await runner.query(statement);
  }
}
