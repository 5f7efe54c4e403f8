import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of one gateway; what is older is forgotten. */
const KEPT = 100;

const stateOf = (row: string): string =>
  `CASE WHEN NOT ${row}.enabled THEN CASE WHEN ${row}.last_error IS NULL THEN 'off' ELSE 'never_reached' END
    WHEN ${row}.reachable THEN 'up' ELSE 'unreachable' END`;
const reasonOf = (row: string): string =>
  `CASE WHEN NOT ${row}.enabled THEN ${row}.last_error WHEN ${row}.reachable THEN NULL ELSE ${row}.failing_reason END`;

/**
 * How gateways were, and since when: each change of state leaves a row, which has the newest reason, whichever
 * statement makes it. A trigger's, so that no way of changing a gateway can leave it out.
 */
export class GatewayStates1765929600000 implements MigrationInterface {
  name = 'GatewayStates1765929600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER gateway_state_begun ON registry.gateway');
    await runner.query('DROP TRIGGER gateway_state_turned ON registry.gateway');
    await runner.query('DROP FUNCTION registry.note_gateway_state()');
    await runner.query('DROP TABLE registry.gateway_state');
  }
}

const STATEMENTS = [
  `CREATE TABLE registry.gateway_state (
    gateway_id text NOT NULL REFERENCES registry.gateway (id) ON DELETE CASCADE,
    ordinal bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz(3) NOT NULL,
    state text NOT NULL CHECK (state IN ('up', 'unreachable', 'off', 'never_reached')),
    reason text,
    PRIMARY KEY (gateway_id, ordinal)
  )`,
  `CREATE FUNCTION registry.note_gateway_state() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE registry.gateway_state SET reason = ${reasonOf('NEW')} WHERE gateway_id = NEW.id AND state = ${stateOf('NEW')}
      AND ordinal = (SELECT max(ordinal) FROM registry.gateway_state WHERE gateway_id = NEW.id);
    IF FOUND THEN RETURN NULL; END IF;
    INSERT INTO registry.gateway_state (gateway_id, at, state, reason)
      VALUES (NEW.id, now(), ${stateOf('NEW')}, ${reasonOf('NEW')});
    DELETE FROM registry.gateway_state WHERE gateway_id = NEW.id AND ordinal <= (
      SELECT ordinal FROM registry.gateway_state WHERE gateway_id = NEW.id ORDER BY ordinal DESC OFFSET ${KEPT} LIMIT 1);
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER gateway_state_begun AFTER INSERT ON registry.gateway
    FOR EACH ROW EXECUTE FUNCTION registry.note_gateway_state()`,
  `CREATE TRIGGER gateway_state_turned AFTER UPDATE ON registry.gateway
    FOR EACH ROW WHEN ((${stateOf('OLD')}, ${reasonOf('OLD')}) IS DISTINCT FROM (${stateOf('NEW')}, ${reasonOf('NEW')}))
    EXECUTE FUNCTION registry.note_gateway_state()`,
  `INSERT INTO registry.gateway_state (gateway_id, at, state, reason)
    SELECT id, CASE WHEN enabled AND NOT reachable THEN coalesce(failing_since, updated_at) ELSE updated_at END,
      ${stateOf('gateway')}, ${reasonOf('gateway')} FROM registry.gateway`,
];
