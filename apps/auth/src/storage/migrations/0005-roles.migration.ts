import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Roles and who has them. What a user is assigned ends with the user, as their teams do. */
export class Roles1764000000005 implements MigrationInterface {
  name = 'Roles1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.roles (
        id text PRIMARY KEY,
        name text NOT NULL,
        description text,
        scope text NOT NULL CHECK (scope IN ('global', 'team')),
        permissions text[] NOT NULL,
        inherits_from text REFERENCES auth.roles (id),
        is_system_role boolean NOT NULL DEFAULT false,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (name, scope)
      )`);
    await runner.query(`
      CREATE TABLE auth.role_assignments (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        user_email text NOT NULL REFERENCES auth.users (email),
        role_id text NOT NULL REFERENCES auth.roles (id) ON DELETE CASCADE,
        team_id text REFERENCES auth.teams (id),
        granted_by text NOT NULL,
        granted_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX role_assignments_once ON auth.role_assignments (user_email, role_id, coalesce(team_id, ''))`,
    );
    await runner.query('CREATE INDEX role_assignments_role ON auth.role_assignments (role_id)');
    // What a role permits with all that it inherits.
    await runner.query(`
      CREATE VIEW auth.effective_roles AS
        WITH RECURSIVE line AS (
          SELECT id AS role_id, id AS source FROM auth.roles
          UNION
          SELECT line.role_id, role.inherits_from FROM line JOIN auth.roles role ON role.id = line.source
            WHERE role.inherits_from IS NOT NULL
        )
        SELECT line.role_id, array_agg(DISTINCT permission ORDER BY permission) AS permissions
        FROM line JOIN auth.roles role ON role.id = line.source, unnest(role.permissions) AS permission
        GROUP BY line.role_id`);
    await runner.query(`
      CREATE FUNCTION auth.end_role_assignments() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM auth.role_assignments WHERE user_email = NEW.email;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER end_role_assignments AFTER UPDATE OF deleted_at ON auth.users
        FOR EACH ROW WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION auth.end_role_assignments()`);
    await runner.query(`
      CREATE FUNCTION auth.end_team_roles() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM auth.role_assignments WHERE user_email = OLD.user_email AND team_id = OLD.team_id;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER end_team_roles AFTER DELETE ON auth.team_members
        FOR EACH ROW EXECUTE FUNCTION auth.end_team_roles()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER end_team_roles ON auth.team_members');
    await runner.query('DROP TRIGGER end_role_assignments ON auth.users');
    await runner.query('DROP FUNCTION auth.end_team_roles(), auth.end_role_assignments()');
    await runner.query('DROP VIEW auth.effective_roles');
    await runner.query('DROP TABLE auth.role_assignments, auth.roles');
  }
}
