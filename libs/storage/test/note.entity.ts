import { Column, Entity, type MigrationInterface, PrimaryGeneratedColumn, type QueryRunner } from 'typeorm';

@Entity('note')
export class Note {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column('text')
  text!: string;
}

class CreateNote1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE notes.note (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), text text NOT NULL)`);
    // Long enough that replicas which do not wait for one another collide.
    await runner.query(`SELECT pg_sleep(0.3)`);
  }

  async down(): Promise<void> {}
}

class LabelNote1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE notes.note ADD COLUMN label text`);
    await runner.query(`INSERT INTO notes.note (text) VALUES ('made by a migration')`);
  }

  async down(): Promise<void> {}
}

export const noteMigrations = [CreateNote1700000000000, LabelNote1700000000001];
