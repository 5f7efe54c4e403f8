import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['join_requests', 'invitations', 'team_members', 'teams'];

/**
 * Teams and who is in them. The personal team of a user comes and goes by a trigger, so that a user has one whoever made
 * the row: a replica of the version before, the command line, an issuer.
 */
export class Teams1763900000004 implements MigrationInterface {
  name = 'Teams1763900000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE auth.teams (
        id text PRIMARY KEY,
        name text NOT NULL,
        slug text NOT NULL,
        description text,
        is_personal boolean NOT NULL DEFAULT false,
        visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'public')),
        max_members integer,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        deleted_at timestamptz
      )`);
    await runner.query('CREATE UNIQUE INDEX teams_slug ON auth.teams (slug) WHERE deleted_at IS NULL');
    await runner.query(
      'CREATE UNIQUE INDEX teams_personal ON auth.teams (created_by) WHERE is_personal AND deleted_at IS NULL',
    );
    await runner.query('CREATE INDEX teams_listing ON auth.teams (created_at, id) WHERE deleted_at IS NULL');
    await runner.query(`
      CREATE TABLE auth.team_members (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        team_id text NOT NULL REFERENCES auth.teams (id),
        user_email text NOT NULL REFERENCES auth.users (email),
        role text NOT NULL CHECK (role IN ('owner', 'member')),
        invited_by text,
        joined_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (team_id, user_email)
      )`);
    await runner.query('CREATE INDEX team_members_user ON auth.team_members (user_email)');
    await runner.query(`
      CREATE TABLE auth.invitations (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        team_id text NOT NULL REFERENCES auth.teams (id),
        email text NOT NULL,
        role text NOT NULL CHECK (role IN ('owner', 'member')),
        invited_by text NOT NULL,
        invited_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        token text NOT NULL UNIQUE,
        UNIQUE (team_id, email)
      )`);
    await runner.query(`
      CREATE TABLE auth.join_requests (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        team_id text NOT NULL REFERENCES auth.teams (id),
        user_email text NOT NULL REFERENCES auth.users (email),
        message text,
        requested_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        UNIQUE (team_id, user_email)
      )`);
    await runner.query(`
      CREATE FUNCTION auth.keep_personal_team() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        new_id text := replace(gen_random_uuid()::text, '-', '');
      BEGIN
        IF NEW.deleted_at IS NULL THEN
          INSERT INTO auth.teams (id, name, slug, is_personal, created_by)
            VALUES (new_id, coalesce(NEW.full_name, split_part(NEW.email, '@', 1)) || '''s team',
                    'personal-' || new_id, true, NEW.email)
            ON CONFLICT DO NOTHING;
          IF FOUND THEN
            INSERT INTO auth.team_members (team_id, user_email, role) VALUES (new_id, NEW.email, 'owner');
          END IF;
        ELSE
          DELETE FROM auth.team_members WHERE user_email = NEW.email;
          DELETE FROM auth.join_requests WHERE user_email = NEW.email;
          DELETE FROM auth.invitations WHERE email = NEW.email;
          UPDATE auth.teams SET deleted_at = NEW.deleted_at
            WHERE is_personal AND created_by = NEW.email AND deleted_at IS NULL;
        END IF;
        RETURN NULL;
      END $$`);
    await runner.query(`
      CREATE TRIGGER keep_personal_team AFTER INSERT OR UPDATE OF deleted_at ON auth.users
        FOR EACH ROW EXECUTE FUNCTION auth.keep_personal_team()`);
    // Fires the trigger for those who are here already.
    await runner.query('UPDATE auth.users SET deleted_at = NULL WHERE deleted_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER keep_personal_team ON auth.users');
    await runner.query('DROP FUNCTION auth.keep_personal_team()');
    for (const table of TABLES) await runner.query(`DROP TABLE auth.${table}`);
  }
}
